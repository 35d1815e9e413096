// Single steps that make no calls (PTRACE_SYSEMU_SINGLESTEP), a step to a branch, and steps to the end.
#include <sys/ptrace.h>
#include <sys/user.h>

#include "program.h"
int main(void) {
  pid_t p = fork();
  if (!p) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    volatile int x = 0;
    for (int i = 0; i < 20; i++) x += i;
    syscall(SYS_getppid);
    _exit(x == 190 ? 5 : 6);
  }
  int s;
  CHECK(waitpid(p, &s, 0) == p);
  errno = 0;
  int r = ptrace(PTRACE_SINGLEBLOCK, p, 0, 0);
  say("block %d %d\n", r, errno);
  if (!r) {
    CHECK(waitpid(p, &s, 0) == p);
    say("status %#x\n", s);
  }
  r = ptrace(32, p, 0, 0);
  say("sysemu step %d %d\n", r, errno);
  if (!r) {
    CHECK(waitpid(p, &s, 0) == p);
    say("status %#x\n", s);
  }
  for (int i = 0; i < 50; i++) {
    CHECK(!ptrace(PTRACE_SINGLESTEP, p, 0, 0));
    CHECK(waitpid(p, &s, 0) == p);
    CHECK(WIFSTOPPED(s) && WSTOPSIG(s) == SIGTRAP);
  }
  ptrace(PTRACE_DETACH, p, 0, 0);
  CHECK(WEXITSTATUS(wait_for(p)) == 5);
}
