// PTRACE_SYSEMU: the tracer makes the call.
#include <sys/ptrace.h>
#include <sys/user.h>

#include "program.h"
int main() {
  pid_t p = fork();
  if (!p) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    long r = syscall(SYS_getppid);
    say("r %ld\n", r);
    _exit(r == 555 ? 0 : 1);
  }
  int s;
  CHECK(p == waitpid(p, &s, 0));
  CHECK(0 == ptrace(PTRACE_SYSEMU, p, 0, 0));
  CHECK(p == waitpid(p, &s, 0));
  struct user_regs_struct r;
  ptrace(PTRACE_GETREGS, p, 0, &r);
  CHECK(r.orig_rax == SYS_getppid);
  r.rax = 555;
  ptrace(PTRACE_SETREGS, p, 0, &r);
  ptrace(PTRACE_CONT, p, 0, 0);
  CHECK(p == waitpid(p, &s, 0));
  CHECK(s == 0);
  return 0;
}
