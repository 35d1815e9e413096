// A child asks to be traced, stops by a signal and goes on.
#include <sys/ptrace.h>
#include <sys/user.h>

#include "program.h"
int main() {
  pid_t p = fork();
  if (!p) {
    CHECK(0 == ptrace(PTRACE_TRACEME, 0, 0, 0));
    raise(SIGSTOP);
    _exit(7);
  }
  int s;
  CHECK(p == waitpid(p, &s, 0));
  CHECK(WIFSTOPPED(s) && WSTOPSIG(s) == SIGSTOP);
  struct user_regs_struct r;
  CHECK(0 == ptrace(PTRACE_GETREGS, p, 0, &r));
  say("rip %llx rax %llx\n", r.rip, r.rax);
  siginfo_t i;
  CHECK(0 == ptrace(PTRACE_GETSIGINFO, p, 0, &i));
  CHECK(i.si_signo == SIGSTOP);
  say("code %d pid %d\n", i.si_code, i.si_pid);
  CHECK(0 == ptrace(PTRACE_CONT, p, 0, 0));
  CHECK(p == waitpid(p, &s, 0));
  CHECK(WIFEXITED(s) && WEXITSTATUS(s) == 7);
  return 0;
}
