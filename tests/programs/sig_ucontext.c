// a handler changes registers, the mask and the floating point state in its ucontext.
#include <ucontext.h>

#include "program.h"
static void h(int s, siginfo_t* i, void* v) {
  ucontext_t* u = v;
  u->uc_mcontext.gregs[REG_RIP] += 2;
  u->uc_mcontext.gregs[REG_RAX] = 42;
  sigaddset(&u->uc_sigmask, SIGUSR2);
  u->uc_mcontext.fpregs->_xmm[5].element[0] = 77;
}
int main(void) {
  on_signal(SIGILL, h, 0);
  long r;
  unsigned x;
  asm volatile("ud2\n movd %%xmm5,%1" : "=a"(r), "=r"(x)::"xmm5");
  say("%ld %u\n", r, x);
  CHECK(r == 42 && x == 77);
  sigset_t m;
  sigprocmask(0, 0, &m);
  CHECK(sigismember(&m, SIGUSR2));
  return 0;
}
