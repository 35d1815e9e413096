// A breakpoint in the manner of debuggers.
#include <sys/ptrace.h>
#include <sys/user.h>

#include "program.h"
static int __attribute__((noinline)) f(int x) {
  __asm__ volatile("");
  return x + 1;
}
int main() {
  pid_t p = fork();
  if (!p) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    int k = 0;
    for (int i = 0; i < 5; i++) k = f(k);
    _exit(k);
  }
  int s;
  CHECK(p == waitpid(p, &s, 0));
  long w = ptrace(PTRACE_PEEKTEXT, p, f, 0);
  CHECK(0 == ptrace(PTRACE_POKETEXT, p, f, (w & ~0xffl) | 0xcc));
  int hits = 0;
  for (;;) {
    ptrace(PTRACE_CONT, p, 0, 0);
    CHECK(p == waitpid(p, &s, 0));
    if (WIFEXITED(s)) break;
    CHECK(WSTOPSIG(s) == SIGTRAP);
    hits++;
    struct user_regs_struct r;
    ptrace(PTRACE_GETREGS, p, 0, &r);
    CHECK(r.rip == (unsigned long)f + 1);
    r.rip--;
    ptrace(PTRACE_SETREGS, p, 0, &r);
    ptrace(PTRACE_POKETEXT, p, f, w);
    ptrace(PTRACE_SINGLESTEP, p, 0, 0);
    CHECK(p == waitpid(p, &s, 0));
    CHECK(WSTOPSIG(s) == SIGTRAP);
    ptrace(PTRACE_POKETEXT, p, f, (w & ~0xffl) | 0xcc);
  }
  say("%d hits\n", hits);
  CHECK(hits == 5 && WEXITSTATUS(s) == 5);
  return 0;
}
