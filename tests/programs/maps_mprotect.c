// mprotect of parts: splits at both ends, in the middle, across mappings, and merges again.
#include "maps.h"
int main(void) {
  char* area = mmap(NULL, 12 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(area != MAP_FAILED);
  for (int page = 0; page < 12; ++page) area[page * 4096] = (char)page;
  CHECK(mprotect(area, 4096, PROT_READ) == 0);
  print_maps("first page read-only");
  CHECK(mprotect(area + 4 * 4096, 4 * 4096, PROT_NONE) == 0);
  print_maps("four in the middle closed");
  CHECK(mprotect(area + 2 * 4096, 4 * 4096, PROT_READ | PROT_EXEC) == 0);
  print_maps("across a border");
  CHECK(mprotect(area, 12 * 4096, PROT_READ | PROT_WRITE) == 0);
  print_maps("one again");
  for (int page = 0; page < 12; ++page) CHECK(area[page * 4096] == page);
  CHECK(munmap(area + 6 * 4096, 4096) == 0);
  CHECK(mprotect(area + 4 * 4096, 4 * 4096, PROT_READ) == -1 && errno == ENOMEM);
  print_maps("failed at a hole, having done the part before it");
  return 0;
}
