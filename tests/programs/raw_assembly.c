// System calls without the C library: inline instructions, all argument registers, flags and r11 after it.
#include "program.h"
int main(void) {
  unsigned long rcx, r11, here;
  long result;
  __asm__ volatile("lea 1f(%%rip), %3\n syscall\n 1:"
                   : "=a"(result), "=c"(rcx), "=r"(r11), "=&r"(here)
                   : "0"(SYS_getpid)
                   : "r11", "memory");
  __asm__ volatile("mov %%r11, %0" : "=r"(r11));
  CHECK(result == getpid() && rcx == here);
  long mapped;
  register long r10 __asm__("r10") = MAP_PRIVATE | MAP_ANONYMOUS;
  register long r8 __asm__("r8") = -1;
  register long r9 __asm__("r9") = 0;
  __asm__ volatile("syscall"
                   : "=a"(mapped)
                   : "0"(SYS_mmap), "D"(0), "S"(8192), "d"(PROT_READ), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  CHECK(mapped > 0 && *(char*)mapped == 0);
  say("pid %ld, return address %#lx, mapped %#lx\n", result, rcx, (unsigned long)mapped);
  return 0;
}
