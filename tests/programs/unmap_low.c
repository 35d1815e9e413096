// tries to unmap and protect low pages, where others may live.
#include "program.h"
int main(void) {
  for (unsigned long a = 0; a < 0x200000; a += 4096) {
    if (munmap((void*)a, 4096) && errno != EINVAL) {
      say("%lx %d\n", a, errno);
    }
  }
  int r = munmap((void*)0x10000, 0x300000);
  say("%d %d\n", r, errno);
  r = mprotect((void*)0x10000, 0x100000, 1);
  say("%d %d\n", r, errno);
  void* q = mmap((void*)0x70000000, 4096, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  say("%p\n", q);
  return 0;
}
