// A tracer follows the system calls of its tracee.
#include <sys/ptrace.h>
#include <sys/user.h>

#include "program.h"
int main() {
  pid_t p = fork();
  if (!p) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    getppid();
    write(1, "hi\n", 3);
    usleep(100);
    syscall(SYS_gettid);
    _exit(3);
  }
  int s;
  CHECK(p == waitpid(p, &s, 0));
  ptrace(PTRACE_SETOPTIONS, p, 0, PTRACE_O_TRACESYSGOOD);
  int n = 0;
  for (;;) {
    CHECK(0 == ptrace(PTRACE_SYSCALL, p, 0, 0));
    CHECK(p == waitpid(p, &s, 0));
    if (WIFEXITED(s)) break;
    CHECK(WSTOPSIG(s) == (SIGTRAP | 0x80));
    struct user_regs_struct r;
    ptrace(PTRACE_GETREGS, p, 0, &r);
    say("call %lld rax %lld\n", r.orig_rax, r.rax);
    n++;
  }
  say("%d stops\n", n);
  CHECK(WEXITSTATUS(s) == 3);
  CHECK(n & 1);
  return 0;
}
