// a private mapping made before the file is shared, then stored into through the shared one.
#include "program.h"
int main(void) {
  int fd = memfd_create("p", 0);
  ftruncate(fd, 8192);
  char* p = mmap(0, 8192, 3, MAP_PRIVATE, fd, 0);
  char* s = mmap(0, 8192, 3, MAP_SHARED, fd, 0);
  s[0] = 's';
  s[4096] = 't';
  say("%c %c\n", p[0], p[4096]);
  p[0] = 'x';
  s[0] = 'y';
  CHECK(p[0] == 'x');
  say("%c\n", p[0]);
  return 0;
}
