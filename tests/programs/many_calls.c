// Twenty thousand cheap system calls.
#include "program.h"
int main(void) {
  struct timespec now;
  long sum = 0;
  for (int i = 0; i < 20000; ++i) {
    CHECK(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now) == 0);
    sum = sum * 31 + now.tv_nsec;
  }
  say("%#lx\n", sum);
  return 0;
}
