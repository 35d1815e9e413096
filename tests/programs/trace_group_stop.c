// A group-stop of a seized task, listened to.
#include <sys/ptrace.h>

#include "program.h"
int main() {
  pid_t p = fork();
  if (!p) {
    for (;;) usleep(300);
  }
  CHECK(0 == ptrace(PTRACE_SEIZE, p, 0, 0));
  kill(p, SIGSTOP);
  int s;
  CHECK(p == waitpid(p, &s, 0));
  say("%x\n", s);
  CHECK(s >> 8 == SIGSTOP);
  CHECK(0 == ptrace(PTRACE_CONT, p, 0, SIGSTOP));
  CHECK(p == waitpid(p, &s, 0));
  say("%x\n", s);
  CHECK(s >> 8 == (SIGSTOP | (128 << 8)));
  CHECK(0 == ptrace(PTRACE_LISTEN, p, 0, 0));
  CHECK(ptrace(PTRACE_CONT, p, 0, 0) < 0);
  kill(p, SIGCONT);
  CHECK(p == waitpid(p, &s, 0));
  say("%x\n", s);
  CHECK(s >> 16 == 128);
  ptrace(PTRACE_CONT, p, 0, 0);
  CHECK(p == waitpid(p, &s, 0));
  say("%x\n", s);
  ptrace(PTRACE_CONT, p, 0, SIGCONT);
  kill(p, 9);
  CHECK(p == waitpid(p, &s, 0));
  return 0;
}
