// A fault is told to the tracer first.
#include <sys/ptrace.h>

#include "program.h"
int main() {
  pid_t p = fork();
  if (!p) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    *(volatile int*)0x1234 = 5;
    _exit(0);
  }
  int s;
  CHECK(p == waitpid(p, &s, 0));
  CHECK(WSTOPSIG(s) == SIGSEGV);
  siginfo_t i;
  ptrace(PTRACE_GETSIGINFO, p, 0, &i);
  CHECK(i.si_addr == (void*)0x1234);
  ptrace(PTRACE_CONT, p, 0, SIGSEGV);
  CHECK(p == waitpid(p, &s, 0));
  CHECK(WTERMSIG(s) == SIGSEGV);
  return 0;
}
