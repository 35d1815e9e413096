// mremap: shrink, grow in place, grow by moving, fixed target over another mapping; contents go along.
#include "maps.h"
static char* map(size_t pages) {
  char* made = mmap(NULL, pages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(made != MAP_FAILED);
  for (size_t page = 0; page < pages; ++page) made[page * 4096] = (char)(page + 1);
  return made;
}
int main(void) {
  char* a = map(8);
  CHECK(mremap(a, 8 * 4096, 4 * 4096, 0) == a);
  print_maps("shrunk");
  CHECK(mremap(a, 4 * 4096, 6 * 4096, 0) == a);
  CHECK(a[3 * 4096] == 4 && a[4 * 4096] == 0);
  print_maps("grown in place");
  char* b = map(4);
  char* moved = mremap(a, 6 * 4096, 400 * 4096, MREMAP_MAYMOVE);
  CHECK(moved != MAP_FAILED && moved[3 * 4096] == 4 && moved[399 * 4096] == 0);
  say("%p moved to %p\n", (void*)a, (void*)moved);
  print_maps("moved");
  char* to = mremap(moved + 4096, 2 * 4096, 2 * 4096, MREMAP_MAYMOVE | MREMAP_FIXED, b + 4096);
  CHECK(to == b + 4096 && to[0] == 2 && to[4096] == 3 && b[0] == 1 && b[3 * 4096] == 4);
  print_maps("part moved over another");
  char* kept = mremap(b, 4096, 4096, MREMAP_MAYMOVE | 4 /* MREMAP_DONTUNMAP */);
  if (kept != MAP_FAILED) {
    CHECK(kept[0] == 1 && b[0] == 0);
    print_maps("moved, source still mapped");
  }
  return 0;
}
