// clone with a stack that is not there: the child dies of SIGSEGV at once.
#include "program.h"
int main(void) {
  for (int k = 0; k < 2; k++) {
    pid_t p = syscall(SYS_clone, SIGCHLD | (k ? 0x100 | 0x4000 : 0), 0x1000, 0, 0, 0);
    if (p == 0) {
      asm volatile("push %rax");
      _exit(0);
    }
    int st;
    CHECK(waitpid(p, &st, 0) == p);
    say("%x\n", st);
    CHECK(WTERMSIG(st) == SIGSEGV);
  }
  return 0;
}
