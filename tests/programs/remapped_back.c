// Pages of a file that are mapped in another order, and back, so that neighbours become one mapping.
#include "program.h"

int main(void) {
  int fd = memfd_create("m", 0);
  CHECK(ftruncate(fd, 16 * 4096) == 0);
  for (int i = 0; i < 16; i++) {
    char c = 'a' + i;
    CHECK(pwrite(fd, &c, 1, i * 4096) == 1);
  }
  char* p = mmap(0, 2 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 4 * 4096);
  int r = remap_file_pages(p, 4096, 0, 9, 0);
  r |= remap_file_pages(p + 4096, 4096, 0, 1, 0);
  say("%d %c %c\n", r, p[0], p[4096]);
  r = remap_file_pages(p, 4096, 0, 0, 0);
  say("%d %c %c\n", r, p[0], p[4096]);
  const int flags[] = {MAP_SHARED, MAP_PRIVATE};
  for (int i = 0; i < 2; i++) {
    p = mmap(0, 2 * 4096, PROT_READ | PROT_WRITE, flags[i], fd, 4 * 4096);
    mmap(p, 4096, PROT_READ | PROT_WRITE, flags[i] | MAP_FIXED, fd, 9 * 4096);
    mmap(p + 4096, 4096, PROT_READ | PROT_WRITE, flags[i] | MAP_FIXED, fd, 4096);
    mmap(p, 4096, PROT_READ | PROT_WRITE, flags[i] | MAP_FIXED, fd, 0);
    say("%c %c\n", p[0], p[4096]);
  }
  return 0;
}
