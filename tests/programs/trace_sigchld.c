// SIGCHLD for a tracee's stop.
#include <sys/ptrace.h>

#include "program.h"
static volatile int n;
static void h(int s, siginfo_t* i, void* u) {
  n++;
  say("chld code %d status %d\n", i->si_code, i->si_status);
}
int main() {
  on_signal(SIGCHLD, h, SA_RESTART);
  pid_t p = fork();
  if (!p) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGUSR1);
    _exit(2);
  }
  while (!n) usleep(200);
  int s;
  CHECK(p == waitpid(p, &s, WNOHANG));
  CHECK(WSTOPSIG(s) == SIGUSR1);
  ptrace(PTRACE_CONT, p, 0, 0);
  while (n < 2) usleep(200);
  CHECK(p == waitpid(p, &s, 0));
  say("n %d\n", n);
  return 0;
}
