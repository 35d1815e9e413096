// Attaching to a stopped task.
#include <sys/ptrace.h>

#include "program.h"
int main() {
  pid_t p = fork();
  if (!p) {
    raise(SIGSTOP);
    _exit(3);
  }
  int s;
  CHECK(p == waitpid(p, &s, WUNTRACED));
  CHECK(0 == ptrace(PTRACE_ATTACH, p, 0, 0));
  CHECK(p == waitpid(p, &s, 0));
  say("%x\n", s);
  CHECK(WSTOPSIG(s) == SIGSTOP);
  CHECK(0 == ptrace(PTRACE_DETACH, p, 0, 0));
  kill(p, SIGCONT);
  CHECK(p == waitpid(p, &s, 0));
  CHECK(WEXITSTATUS(s) == 3);
  return 0;
}
