// mlock, munlock, mincore, msync and get_mempolicy-like questions about memory.
#include "program.h"
int main(void) {
  char* area = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(area != MAP_FAILED);
  area[0] = area[2 * 4096] = 1;
  unsigned char present[4];
  CHECK(mincore(area, 4 * 4096, present) == 0);
  say("%p: %d %d %d %d\n", (void*)area, present[0] & 1, present[1] & 1, present[2] & 1, present[3] & 1);
  say("mlock %d\n", mlock(area, 4096));
  munlock(area, 4096);
  CHECK(mincore((void*)(area + 1), 4096, present) == -1 && errno == EINVAL);
  return 0;
}
