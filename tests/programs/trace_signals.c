// A tracer passes a signal on, drops one, and passes another one.
#include <sys/ptrace.h>

#include "program.h"
static volatile int got;
static void h(int s) {
  got = s;
}
int main() {
  pid_t p = fork();
  if (!p) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    signal(SIGUSR1, h);
    signal(SIGUSR2, h);
    raise(SIGUSR1);
    say("a %d\n", got);
    got = 0;
    raise(SIGUSR1);
    say("b %d\n", got);
    got = 0;
    raise(SIGUSR1);
    say("c %d\n", got);
    _exit(0);
  }
  int s;
  int n = 0;
  for (;;) {
    CHECK(p == waitpid(p, &s, 0));
    if (WIFEXITED(s)) break;
    CHECK(WSTOPSIG(s) == SIGUSR1);
    n++;
    CHECK(0 == ptrace(PTRACE_CONT, p, 0, n == 1 ? SIGUSR1 : n == 2 ? 0 : SIGUSR2));
  }
  CHECK(n == 3);
  return 0;
}
