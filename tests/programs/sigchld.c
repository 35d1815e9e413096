// A SIGCHLD handler reaps children while the parent does other things.
#include "program.h"
static volatile int reaped;
static void handler(int number, siginfo_t* info, void* context) {
  (void)number, (void)info, (void)context;
  int saved = errno, status;
  pid_t pid;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    say("reaped %d status %#x\n", pid, status);
    ++reaped;
  }
  errno = saved;
}
int main(void) {
  on_signal(SIGCHLD, handler, SA_RESTART | SA_NOCLDSTOP);
  for (int i = 0; i < 5; ++i) {
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) _exit(i);
  }
  while (reaped < 5) usleep(1000);
  return 0;
}
