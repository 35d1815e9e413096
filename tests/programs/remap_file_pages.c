// remap_file_pages on a shared mapping.
#include "program.h"
int main(void) {
  int fd = memfd_create("r", 0);
  ftruncate(fd, 16384);
  char* p = mmap(0, 16384, 3, MAP_SHARED, fd, 0);
  for (int i = 0; i < 4; i++) p[i * 4096] = '0' + i;
  int r = remap_file_pages(p, 4096, 0, 3, 0);
  say("%d %c\n", r, p[0]);
  r = remap_file_pages(p + 8192, 4096, 0, 0, 0);
  p[8192] = 'Q';
  say("%d %c %c\n", r, p[8192], p[0]);
  return 0;
}
