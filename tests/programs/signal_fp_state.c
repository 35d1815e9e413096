// A handler sees fresh floating point control words and the interrupted ones come back after it.
#include <fenv.h>
#include <xmmintrin.h>

#include "program.h"
static volatile unsigned inside;
static void handler(int number, siginfo_t* info, void* context) {
  (void)number, (void)info, (void)context;
  inside = _mm_getcsr();
  _mm_setcsr(0x1f80);
}
int main(void) {
  on_signal(SIGUSR1, handler, 0);
  fesetround(FE_UPWARD);
  _mm_setcsr(0x5fc0);
  volatile double one = 1, three = 3;
  double before = one / three;
  raise(SIGUSR1);
  double after = one / three;
  CHECK(before == after);
  CHECK((_mm_getcsr() & ~0x3fu) == (0x5fc0 & ~0x3fu));
  say("mxcsr inside %#x, after %#x, a third is %a\n", inside, _mm_getcsr(), after);
  return 0;
}
