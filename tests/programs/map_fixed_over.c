// MAP_FIXED over parts of mappings, anonymous and file.
#include "program.h"
int main(void) {
  char* p = mmap(0, 40960, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(p != MAP_FAILED);
  memset(p, 1, 40960);
  char n[] = "/tmp/mfoXXXXXX";
  int fd = mkstemp(n);
  CHECK(ftruncate(fd, 16384) == 0);
  CHECK(pwrite(fd, "hello", 5, 4096) == 5);
  CHECK(mmap(p + 4096, 8192, 3, MAP_PRIVATE | MAP_FIXED, fd, 0) == p + 4096);
  CHECK(memcmp(p + 8192, "hello", 5) == 0);
  p[4096] = 7;
  p[8192] = 'H';
  CHECK(mmap(p + 8192, 4096, 1, MAP_SHARED | MAP_FIXED, fd, 4096) == p + 8192);
  CHECK(p[8192] == 'h');
  CHECK(pwrite(fd, "J", 1, 4096) == 1);
  CHECK(p[8192] == 'J');
  CHECK(mmap(p + 16384, 4096, 0, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == p + 16384);
  CHECK(munmap(p + 20480, 4096) == 0);
  CHECK(mprotect(p, 4096 * 5, 1) == 0);
  CHECK(mprotect(p, 40960, 3) < 0 && errno == ENOMEM);
  say("%p %d\n", p, p[0] + p[4096]);
  unlink(n);
  return 0;
}
