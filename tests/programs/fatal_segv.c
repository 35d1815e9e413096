// Ends by SIGSEGV that nobody handles.
#include "program.h"
int main(void) {
  say("%d is about to fault, stack at %p\n", getpid(), __builtin_frame_address(0));
  *(volatile int*)16 = 1;
  return 0;
}
