// A tracee dies with its tracer.
#include <sys/ptrace.h>

#include "program.h"
int main() {
  int pp[2];
  pipe(pp);
  pid_t q = fork();
  if (!q) {
    pid_t p = fork();
    if (!p) {
      close(pp[0]);
      for (;;) pause();
    }
    CHECK(0 == ptrace(PTRACE_SEIZE, p, 0, PTRACE_O_EXITKILL));
    _exit(0);
  }
  close(pp[1]);
  char c;
  CHECK(read(pp[0], &c, 1) == 0);
  int s;
  wait(&s);
  return 0;
}
