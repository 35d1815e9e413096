// A tracer changes, calls off and answers system calls.
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#include "program.h"
int main() {
  pid_t p = fork();
  if (!p) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    long r = syscall(SYS_getppid);
    say("got %ld\n", r);
    r = syscall(SYS_getppid);
    say("got %ld\n", r);
    r = syscall(SYS_getuid);
    say("got %ld\n", r);
    _exit(3);
  }
  int s;
  CHECK(p == waitpid(p, &s, 0));
  int state = 0;
  for (;;) {
    CHECK(0 == ptrace(PTRACE_SYSCALL, p, 0, 0));
    CHECK(p == waitpid(p, &s, 0));
    if (WIFEXITED(s)) break;
    struct user_regs_struct r;
    ptrace(PTRACE_GETREGS, p, 0, &r);
    if (state == 0 && r.orig_rax == SYS_getppid) {
      r.orig_rax = SYS_getpid;
      CHECK(0 == ptrace(PTRACE_SETREGS, p, 0, &r));
      state = 1;
    } else if (state == 1)
      state = 2;
    else if (state == 2 && r.orig_rax == SYS_getppid) {
      r.orig_rax = -1;
      ptrace(PTRACE_SETREGS, p, 0, &r);
      state = 3;
    } else if (state == 3) {
      CHECK(0 == ptrace(PTRACE_POKEUSER, p, offsetof(struct user_regs_struct, rax), 777));
      state = 4;
    } else if (state == 4 && r.orig_rax == SYS_getuid && (long)r.rax != -ENOSYS) {
      r.rax = 4242;
      ptrace(PTRACE_SETREGS, p, 0, &r);
      state = 5;
    }
  }
  CHECK(state == 5);
  return 0;
}
