// Ends by SIGFPE that nobody handles.
#include "program.h"
int main(void) {
  say("%d is about to fault, stack at %p\n", getpid(), __builtin_frame_address(0));
  volatile int zero = 0;
  volatile int one = 1;
  one = one / zero;
  return 0;
}
