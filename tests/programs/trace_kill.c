// PTRACE_KILL, and requests about tasks that are none.
#include <sys/ptrace.h>

#include "program.h"
int main() {
  pid_t p = fork();
  if (!p) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    for (;;) pause();
  }
  int s;
  CHECK(p == waitpid(p, &s, 0));
  CHECK(0 == ptrace(PTRACE_KILL, p, 0, 0));
  CHECK(p == waitpid(p, &s, 0));
  CHECK(WTERMSIG(s) == 9);
  CHECK(ptrace(PTRACE_CONT, p, 0, 0) < 0 && errno == ESRCH);
  CHECK(ptrace(PTRACE_ATTACH, 999999, 0, 0) < 0 && errno == ESRCH);
  CHECK(ptrace(PTRACE_ATTACH, getpid(), 0, 0) < 0 && errno == EPERM);
  return 0;
}
