// PTRACE_EVENT_VFORK_DONE.
#include <sys/ptrace.h>

#include "program.h"
int main() {
  pid_t p = fork();
  if (!p) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    pid_t q = vfork();
    if (!q) _exit(1);
    waitpid(q, 0, 0);
    _exit(0);
  }
  int s;
  CHECK(p == waitpid(p, &s, 0));
  CHECK(0 == ptrace(PTRACE_SETOPTIONS, p, 0, PTRACE_O_TRACEVFORKDONE));
  ptrace(PTRACE_CONT, p, 0, 0);
  CHECK(p == waitpid(p, &s, 0));
  CHECK(s >> 16 == PTRACE_EVENT_VFORK_DONE);
  ptrace(PTRACE_CONT, p, 0, 0);
  for (;;) {
    CHECK(p == waitpid(p, &s, 0));
    if (!WIFSTOPPED(s)) break;
    ptrace(PTRACE_CONT, p, 0, WSTOPSIG(s));
  }
  CHECK(s == 0);
  return 0;
}
