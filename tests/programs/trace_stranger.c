// A tracee that is no child: its end is told twice.
#include <sys/ptrace.h>

#include "program.h"
int main() {
  int pp[2];
  pipe(pp);
  pid_t p = fork();
  if (!p) {
    char c;
    read(pp[0], &c, 1);
    _exit(9);
  }
  pid_t q = fork();
  if (!q) {
    CHECK(0 == ptrace(PTRACE_ATTACH, p, 0, 0));
    int s;
    CHECK(p == waitpid(p, &s, 0));
    CHECK(WSTOPSIG(s) == SIGSTOP);
    CHECK(0 == ptrace(PTRACE_CONT, p, 0, 0));
    write(pp[1], "x", 1);
    CHECK(p == waitpid(p, &s, 0));
    say("tracer saw %x\n", s);
    CHECK(WEXITSTATUS(s) == 9);
    CHECK(waitpid(p, &s, 0) < 0 && errno == ECHILD);
    _exit(0);
  }
  int s;
  CHECK(q == waitpid(q, &s, 0));
  CHECK(s == 0);
  CHECK(p == waitpid(p, &s, 0));
  CHECK(WEXITSTATUS(s) == 9);
  return 0;
}
