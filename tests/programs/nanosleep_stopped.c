// nanosleep and poll go on through restart_syscall(2) after SIGSTOP and SIGCONT from outside.
#include <poll.h>

#include "program.h"
int main(void) {
  const pid_t sleeper = getpid();
  pid_t pid = fork();
  if (pid == 0) {
    for (int i = 0; i < 2; ++i) {
      usleep(30000);
      kill(sleeper, SIGSTOP);
      usleep(10000);
      kill(sleeper, SIGCONT);
    }
    _exit(0);
  }
  struct timespec want = {0, 60000000};
  CHECK(nanosleep(&want, NULL) == 0);
  CHECK(poll(NULL, 0, 60) == 0);
  CHECK(wait_for(pid) == 0);
  return 0;
}
