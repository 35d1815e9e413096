// The heap grows and shrinks by brk; parts of it are protected and unmapped.
#include "maps.h"
int main(void) {
  char* start = sbrk(0);
  print_maps("start");
  CHECK(sbrk(40 * 4096) == start);
  memset(start, 'h', 40 * 4096);
  print_maps("forty pages more");
  CHECK(sbrk(-10 * 4096) != (void*)-1);
  print_maps("ten fewer");
  CHECK(sbrk(10 * 4096) != (void*)-1);
  CHECK(start[29 * 4096] == 'h' && start[31 * 4096] == 0);
  print_maps("ten again, zeroed");
  char* page = (char*)(((uintptr_t)start + 8191) & ~4095ul);
  CHECK(mprotect(page + 4096, 4096, PROT_READ) == 0);
  print_maps("one page of it read-only");
  CHECK(munmap(page + 3 * 4096, 2 * 4096) == 0);
  print_maps("a hole in it");
  for (int i = 0; i < 50; ++i) {
    char* block = malloc(30000);
    CHECK(block != NULL);
    block[29999] = 1;
  }
  print_maps("malloc");
  return 0;
}
