// A child of a tracee is traced from its first instruction.
#include <sys/ptrace.h>

#include "program.h"
int main() {
  pid_t p = fork();
  if (!p) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    pid_t q = fork();
    if (!q) _exit(5);
    int s;
    waitpid(q, &s, 0);
    _exit(WEXITSTATUS(s) + 1);
  }
  int s;
  CHECK(p == waitpid(p, &s, 0));
  CHECK(0 == ptrace(PTRACE_SETOPTIONS, p, 0, PTRACE_O_TRACEFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEVFORK));
  ptrace(PTRACE_CONT, p, 0, 0);
  int ev = 0, kids = 0;
  pid_t kid = 0;
  for (;;) {
    pid_t w = waitpid(-1, &s, __WALL);
    if (w < 0) break;
    say("%s %x\n", w == p ? "parent" : "kid", s);
    if (WIFSTOPPED(s)) {
      int sig = WSTOPSIG(s);
      if (s >> 16 == PTRACE_EVENT_FORK) {
        unsigned long m;
        ptrace(PTRACE_GETEVENTMSG, w, 0, &m);
        kid = m;
        ev++;
        sig = 0;
      } else if (w != p && sig == SIGSTOP)
        sig = 0;
      else if (sig == SIGTRAP)
        sig = 0;
      CHECK(0 == ptrace(PTRACE_CONT, w, 0, sig));
    } else if (w == p) {
      CHECK(WEXITSTATUS(s) == 6);
    } else {
      CHECK(w == kid);
      CHECK(WEXITSTATUS(s) == 5);
      kids++;
    }
  }
  CHECK(ev == 1 && kids == 1);
  return 0;
}
