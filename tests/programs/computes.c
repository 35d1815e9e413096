// A second of computing with hardly a system call.
#include "program.h"
int main(void) {
  uint64_t state = (uint64_t)getpid();
  for (long i = 0; i < 500000000; ++i) state = state * 6364136223846793005ull + 1442695040888963407ull;
  say("%#lx\n", (unsigned long)state);
  return 0;
}
