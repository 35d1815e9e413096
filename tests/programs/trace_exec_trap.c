// The SIGTRAP a traced execve(2) ends with.
#include <sys/ptrace.h>

#include "program.h"
int main() {
  pid_t p = fork();
  if (!p) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    execl("/bin/true", "true", NULL);
    _exit(1);
  }
  int s;
  CHECK(p == waitpid(p, &s, 0));
  say("%x\n", s);
  CHECK(WSTOPSIG(s) == SIGTRAP);
  siginfo_t i;
  CHECK(0 == ptrace(PTRACE_GETSIGINFO, p, 0, &i));
  say("code %d\n", i.si_code);
  CHECK(0 == ptrace(PTRACE_CONT, p, 0, 0));
  CHECK(p == waitpid(p, &s, 0));
  CHECK(s == 0);
  return 0;
}
