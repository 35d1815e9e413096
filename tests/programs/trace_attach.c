// Attaching to a task that sleeps in a call, and detaching.
#include <sys/ptrace.h>
#include <sys/user.h>

#include "program.h"
int main() {
  pid_t p = fork();
  if (!p) {
    for (int i = 0; i < 3; i++) pause();
    _exit(0);
  }
  usleep(2000);
  CHECK(0 == ptrace(PTRACE_ATTACH, p, 0, 0));
  int s;
  CHECK(p == waitpid(p, &s, 0));
  CHECK(WSTOPSIG(s) == SIGSTOP);
  struct user_regs_struct r;
  ptrace(PTRACE_GETREGS, p, 0, &r);
  say("%llx %lld %lld\n", r.rip, r.rax, r.orig_rax);
  CHECK(0 == ptrace(PTRACE_DETACH, p, 0, 0));
  usleep(1000);
  kill(p, SIGTERM);
  CHECK(p == waitpid(p, &s, 0));
  CHECK(WTERMSIG(s) == SIGTERM);
  return 0;
}
