// Memory that may vanish (Linux 6.11), and what of it is usual where it does not exist.
#include "program.h"

int main(void) {
  char* m = mmap(0, 4 * 4096, PROT_READ | PROT_WRITE, 0x08 | MAP_ANONYMOUS, -1, 0);
  say("%d\n", m == MAP_FAILED);
  if (m == MAP_FAILED) m = mmap(0, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(m, 7, 4 * 4096);
  say("%d\n", m[4096]);
  return 0;
}
