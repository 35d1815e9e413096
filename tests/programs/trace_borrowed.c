// A tracer has its tracee run a function, and gives it its registers back.
#include <sys/ptrace.h>
#include <sys/user.h>

#include "program.h"
static volatile int called;
static void __attribute__((noinline)) f(int a) {
  called = a;
  __asm__ volatile("int3");
}
int main() {
  pid_t p = fork();
  if (!p) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    say("called %d\n", called);
    _exit(0);
  }
  int s;
  CHECK(p == waitpid(p, &s, 0));
  struct user_regs_struct r, o;
  ptrace(PTRACE_GETREGS, p, 0, &r);
  o = r;
  r.rip = (long)f;
  r.rdi = 99;
  r.rsp = (r.rsp - 256) & ~15;
  r.rsp -= 8;
  r.orig_rax = -1;
  ptrace(PTRACE_SETREGS, p, 0, &r);
  ptrace(PTRACE_CONT, p, 0, 0);
  CHECK(p == waitpid(p, &s, 0));
  CHECK(WSTOPSIG(s) == SIGTRAP);
  ptrace(PTRACE_SETREGS, p, 0, &o);
  ptrace(PTRACE_CONT, p, 0, 0);
  CHECK(p == waitpid(p, &s, 0));
  CHECK(s == 0);
  return 0;
}
