// Both standard streams written in turns, by several processes.
#include "program.h"
int main(void) {
  for (int i = 0; i < 5; ++i) {
    dprintf(i % 2 + 1, "%d: line %d\n", getpid(), i);
    pid_t pid = fork();
    if (pid == 0) {
      dprintf(2 - i % 2, "child %d: line %d\n", getpid(), i);
      _exit(0);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
  }
  return 0;
}
