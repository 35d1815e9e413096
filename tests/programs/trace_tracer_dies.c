// A tracee goes on when its tracer is gone.
#include <sys/prctl.h>
#include <sys/ptrace.h>

#include "program.h"
static volatile int x;
int main() {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  pid_t q = fork();
  if (!q) {
    pid_t p = fork();
    if (!p) {
      ptrace(PTRACE_TRACEME, 0, 0, 0);
      raise(SIGUSR2);
      _exit(1);
    }
    int s;
    waitpid(p, &s, 0);
    CHECK(WSTOPSIG(s) == SIGUSR2);
    _exit(0);
  }
  int s;
  CHECK(q == waitpid(q, &s, 0));
  wait(&s);
  say("%x\n", s);
  return 0;
}
