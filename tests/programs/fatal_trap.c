// Ends by SIGTRAP that nobody handles.
#include "program.h"
int main(void) {
  say("%d is about to fault, stack at %p\n", getpid(), __builtin_frame_address(0));
  __asm__ volatile("int3");
  return 0;
}
