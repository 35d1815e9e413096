// a private mapping of a file that another descriptor changes afterwards.
#include "program.h"
int main(void) {
  char n[] = "/tmp/fgpXXXXXX";
  int fd = mkstemp(n);
  CHECK(ftruncate(fd, 12288) == 0);
  CHECK(pwrite(fd, "one", 3, 0) == 3);
  char* p = mmap(0, 12288, 3, MAP_PRIVATE, fd, 0);
  CHECK(p[0] == 'o');
  CHECK(pwrite(fd, "two", 3, 0) == 3);
  say("%c%c%c\n", p[0], p[1], p[2]);
  p[4096] = 'x';
  CHECK(pwrite(fd, "Y", 1, 4097) == 1);
  say("%c %d\n", p[4096], p[4097]);
  char* q = mmap(0, 12288, 1, MAP_SHARED, fd, 0);
  CHECK(q[4097] == 'Y');
  CHECK(pwrite(fd, "Z", 1, 8192) == 1);
  CHECK(q[8192] == 'Z');
  say("%d\n", p[8192]);
  CHECK(ftruncate(fd, 4096) == 0);
  CHECK(ftruncate(fd, 12288) == 0);
  say("%d\n", q[8192]);
  unlink(n);
  return 0;
}
