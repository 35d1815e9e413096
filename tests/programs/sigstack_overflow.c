// stack overflow on the main stack, handled on the alternate stack; and overflow of the alternate stack
// kills.
#include <setjmp.h>
#include <sys/resource.h>

#include "program.h"
static sigjmp_buf b;
static void h(int s, siginfo_t* i, void* u) {
  siglongjmp(b, 1);
}
static int rec(int n) {
  volatile char x[4096];
  x[0] = n;
  return rec(n + 1) + x[0];
}
int main(void) {
  struct rlimit r = {1 << 20, 1 << 20};
  setrlimit(RLIMIT_STACK, &r);
  stack_t ss = {malloc(65536), 0, 65536};
  sigaltstack(&ss, 0);
  on_signal(SIGSEGV, h, SA_ONSTACK);
  if (!sigsetjmp(b, 1)) rec(0);
  say("back\n");
  pid_t p = fork();
  if (!p) {
    signal(SIGSEGV, SIG_DFL);
    rec(0);
  }
  wait_for(p);
  p = fork();
  if (!p) {
    on_signal(SIGSEGV, h, 0);
    rec(0);
  }
  wait_for(p);
  return 0;
}
