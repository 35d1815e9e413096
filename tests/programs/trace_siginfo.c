// A tracer changes what comes with a signal.
#include <sys/ptrace.h>

#include "program.h"
static void h(int s, siginfo_t* i, void* u) {
  say("val %d\n", i->si_value.sival_int);
}
int main() {
  pid_t p = fork();
  if (!p) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    on_signal(SIGUSR1, h, 0);
    union sigval v = {5};
    sigqueue(getpid(), SIGUSR1, v);
    _exit(0);
  }
  int s;
  CHECK(p == waitpid(p, &s, 0));
  siginfo_t i;
  ptrace(PTRACE_GETSIGINFO, p, 0, &i);
  CHECK(i.si_value.sival_int == 5);
  i.si_value.sival_int = 6;
  CHECK(0 == ptrace(PTRACE_SETSIGINFO, p, 0, &i));
  unsigned long m;
  CHECK(0 == ptrace(PTRACE_GETSIGMASK, p, 8, &m));
  ptrace(PTRACE_CONT, p, 0, SIGUSR1);
  CHECK(p == waitpid(p, &s, 0));
  CHECK(s == 0);
  return 0;
}
