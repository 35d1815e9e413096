// A floating point division that traps: SIGFPE with FPE_FLTDIV, handled by unmasking and going on.
#include <fenv.h>
#include <ucontext.h>
#include <xmmintrin.h>

#include "program.h"
static volatile int code;
static void handler(int number, siginfo_t* info, void* context) {
  ucontext_t* user = context;
  code = info->si_code;
  say("signal %d code %d at %p\n", number, info->si_code, info->si_addr);
  user->uc_mcontext.fpregs->mxcsr |= 0x1f80;
}
int main(void) {
  on_signal(SIGFPE, handler, 0);
  feenableexcept(FE_DIVBYZERO);
  volatile double one = 1, zero = 0;
  volatile double result = one / zero;
  CHECK(code == FPE_FLTDIV);
  say("result %f\n", result);
  return 0;
}
