// PTRACE_EVENT_EXEC and PTRACE_EVENT_EXIT.
#include <sys/ptrace.h>

#include "program.h"
int main() {
  pid_t p = fork();
  if (!p) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    execl("/bin/true", "true", NULL);
    _exit(1);
  }
  int s;
  CHECK(p == waitpid(p, &s, 0));
  CHECK(0 ==
        ptrace(PTRACE_SETOPTIONS, p, 0, PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT | PTRACE_O_TRACESYSGOOD));
  ptrace(PTRACE_CONT, p, 0, 0);
  CHECK(p == waitpid(p, &s, 0));
  CHECK(s >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8));
  unsigned long m;
  CHECK(0 == ptrace(PTRACE_GETEVENTMSG, p, 0, &m));
  CHECK((pid_t)m == p);
  ptrace(PTRACE_CONT, p, 0, 0);
  CHECK(p == waitpid(p, &s, 0));
  CHECK(s >> 8 == (SIGTRAP | PTRACE_EVENT_EXIT << 8));
  ptrace(PTRACE_GETEVENTMSG, p, 0, &m);
  say("%lx\n", m);
  ptrace(PTRACE_CONT, p, 0, 0);
  CHECK(p == waitpid(p, &s, 0));
  CHECK(s == 0);
  return 0;
}
