// fork: thirty children alive at once, each ends with its own status.
#include "program.h"
int main(void) {
  pid_t pids[30];
  for (int i = 0; i < 30; ++i) {
    pids[i] = fork();
    CHECK(pids[i] >= 0);
    if (pids[i] == 0) {
      say("child %d is %d\n", i, getpid());
      _exit(i);
    }
  }
  for (int i = 29; i >= 0; --i) CHECK(WEXITSTATUS(wait_for(pids[i])) == i);
  return 0;
}
