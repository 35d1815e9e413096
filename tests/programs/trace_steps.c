// Single steps, through calls too.
#include <sys/ptrace.h>
#include <sys/user.h>

#include "program.h"
int main() {
  pid_t p = fork();
  if (!p) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    volatile int x = 0;
    for (int i = 0; i < 10; i++) x += i;
    getppid();
    _exit(x);
  }
  int s;
  CHECK(p == waitpid(p, &s, 0));
  unsigned h = 0;
  int n = 0;
  for (; n < 400; n++) {
    CHECK(0 == ptrace(PTRACE_SINGLESTEP, p, 0, 0));
    CHECK(p == waitpid(p, &s, 0));
    if (WIFEXITED(s)) break;
    CHECK(WSTOPSIG(s) == SIGTRAP);
    struct user_regs_struct r;
    ptrace(PTRACE_GETREGS, p, 0, &r);
    h = h * 31 + r.rip;
  }
  if (WIFSTOPPED(s)) {
    CHECK(0 == ptrace(PTRACE_CONT, p, 0, 0));
    CHECK(p == waitpid(p, &s, 0));
  }
  say("%d steps hash %u\n", n, h);
  CHECK(WEXITSTATUS(s) == 45);
  return 0;
}
