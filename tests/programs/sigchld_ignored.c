// SIGCHLD ignored: children are reaped by the kernel, wait says ECHILD after the last.
#include "program.h"
int main(void) {
  signal(SIGCHLD, SIG_IGN);
  for (int i = 0; i < 3; ++i) {
    pid_t pid = fork();
    if (pid == 0) _exit(i);
    say("made %d\n", pid);
  }
  int status;
  CHECK(waitpid(-1, &status, 0) == -1 && errno == ECHILD);
  return 0;
}
