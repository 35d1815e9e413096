// A tracer reads and writes words of its tracee's memory.
#include <sys/ptrace.h>

#include "program.h"
static volatile long v = 11;
int main() {
  pid_t p = fork();
  if (!p) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    say("v %ld\n", v);
    _exit(v);
  }
  int s;
  CHECK(p == waitpid(p, &s, 0));
  errno = 0;
  CHECK(ptrace(PTRACE_PEEKDATA, p, &v, 0) == 11);
  CHECK(errno == 0);
  CHECK(0 == ptrace(PTRACE_POKEDATA, p, &v, 33));
  CHECK(ptrace(PTRACE_PEEKDATA, p, 16, 0) == -1 && errno == EIO);
  CHECK(ptrace(PTRACE_POKEDATA, p, 16, 0) == -1);
  CHECK(0 == ptrace(PTRACE_CONT, p, 0, 0));
  CHECK(p == waitpid(p, &s, 0));
  CHECK(WEXITSTATUS(s) == 33);
  return 0;
}
