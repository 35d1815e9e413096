// A single step into a signal handler.
#include <sys/ptrace.h>
#include <sys/user.h>

#include "program.h"
static volatile int n;
static void h(int s) {
  n = s;
}
int main() {
  pid_t p = fork();
  if (!p) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    signal(SIGUSR1, h);
    raise(SIGUSR1);
    say("n %d\n", n);
    _exit(0);
  }
  int s;
  CHECK(p == waitpid(p, &s, 0));
  CHECK(WSTOPSIG(s) == SIGUSR1);
  CHECK(0 == ptrace(PTRACE_SINGLESTEP, p, 0, SIGUSR1));
  CHECK(p == waitpid(p, &s, 0));
  CHECK(WSTOPSIG(s) == SIGTRAP);
  struct user_regs_struct r;
  ptrace(PTRACE_GETREGS, p, 0, &r);
  CHECK(r.rip == (unsigned long)h);
  for (int i = 0; i < 50; i++) {
    ptrace(PTRACE_SINGLESTEP, p, 0, 0);
    CHECK(p == waitpid(p, &s, 0));
    CHECK(WIFSTOPPED(s));
  }
  ptrace(PTRACE_CONT, p, 0, 0);
  CHECK(p == waitpid(p, &s, 0));
  CHECK(s == 0);
  return 0;
}
