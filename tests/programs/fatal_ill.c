// Ends by SIGILL that nobody handles.
#include "program.h"
int main(void) {
  say("%d is about to fault, stack at %p\n", getpid(), __builtin_frame_address(0));
  __asm__ volatile("ud2");
  return 0;
}
