// Children that end long before they are waited for, and some that nobody waits for.
#include "program.h"
int main(void) {
  pid_t pids[6];
  for (int i = 0; i < 6; ++i) {
    pids[i] = fork();
    CHECK(pids[i] >= 0);
    if (pids[i] == 0) _exit(i);
  }
  usleep(30000);
  for (int i = 0; i < 3; ++i) {
    CHECK(kill(pids[i], 0) == 0);
    CHECK(WEXITSTATUS(wait_for(pids[i])) == i);
    CHECK(kill(pids[i], 0) == -1 && errno == ESRCH);
  }
  return 0;
}
