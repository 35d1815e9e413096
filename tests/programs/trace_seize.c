// PTRACE_SEIZE and PTRACE_INTERRUPT.
#include <sys/ptrace.h>

#include "program.h"
int main() {
  pid_t p = fork();
  if (!p) {
    for (;;) usleep(500);
  }
  usleep(1000);
  CHECK(0 == ptrace(PTRACE_SEIZE, p, 0, PTRACE_O_TRACESYSGOOD));
  int s;
  CHECK(waitpid(p, &s, WNOHANG) == 0);
  for (int i = 0; i < 5; i++) {
    CHECK(0 == ptrace(PTRACE_INTERRUPT, p, 0, 0));
    CHECK(p == waitpid(p, &s, 0));
    CHECK(s >> 8 == (SIGTRAP | (128 << 8)));
    siginfo_t si;
    CHECK(0 == ptrace(PTRACE_GETSIGINFO, p, 0, &si));
    CHECK(0 == ptrace(PTRACE_CONT, p, 0, 0));
    usleep(700);
  }
  kill(p, 9);
  CHECK(p == waitpid(p, &s, 0));
  CHECK(WTERMSIG(s) == 9);
  say("ok\n");
  return 0;
}
