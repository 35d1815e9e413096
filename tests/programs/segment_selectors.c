// A segment register that holds a selector when its base is set by arch_prctl(2), which clears the selector.
#include <asm/prctl.h>

#include "program.h"
static unsigned selector(void) {
  unsigned value;
  __asm__ volatile("mov %%gs, %0" : "=r"(value));
  return value & 0xffff;
}
int main(void) {
  static long memory = 42;
  unsigned before = 0x2b;  // __USER_DS
  __asm__ volatile("mov %0, %%gs" : : "r"(before));
  CHECK(selector() == before);
  CHECK(syscall(SYS_arch_prctl, ARCH_SET_GS, &memory) == 0);
  long value;
  __asm__ volatile("mov %%gs:0, %0" : "=r"(value));
  say("%#x became %#x, %ld\n", before, selector(), value);
  CHECK(selector() == 0 && value == 42);
  return 0;
}
