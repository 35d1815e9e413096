// mmap and munmap: plain, with a hint, fixed over others, holes, read-only files; maps at each step.
#include "maps.h"
static void* map(void* at, size_t pages, int prot, int flags) {
  void* made = mmap(at, pages * 4096, prot, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
  CHECK(made != MAP_FAILED);
  return made;
}
int main(void) {
  print_maps("start");
  char* area = map(NULL, 16, PROT_READ | PROT_WRITE, 0);
  memset(area, 'a', 16 * 4096);
  print_maps("sixteen pages");
  CHECK(munmap(area + 4 * 4096, 2 * 4096) == 0);
  print_maps("a hole");
  map(area + 2 * 4096, 4, PROT_READ, MAP_FIXED);
  print_maps("fixed over part and hole");
  CHECK(area[4096] == 'a' && area[2 * 4096] == 0 && area[6 * 4096] == 'a');
  map(area + 8 * 4096, 2, PROT_NONE, MAP_FIXED | MAP_NORESERVE);
  print_maps("guard pages");
  CHECK(mmap(area, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED);
  int fd = open("/proc/self/exe", O_RDONLY);
  char* file = mmap(NULL, 3 * 4096, PROT_READ, MAP_PRIVATE, fd, 4096);
  CHECK(file != MAP_FAILED);
  close(fd);
  print_maps("a file at an offset");
  CHECK(munmap(file, 4096) == 0);
  CHECK(munmap(area, 16 * 4096) == 0);
  print_maps("end");
  return 0;
}
