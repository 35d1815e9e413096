// MADV_FREE of memory that is not private and anonymous is refused and loses nothing.
#include "program.h"

int main(void) {
  int fd = memfd_create("x", 0);
  CHECK(ftruncate(fd, 8192) == 0);
  char* q = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  char* s = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  char* a = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  q[0] = 7;
  s[0] = 8;
  int r = madvise(q, 4096, MADV_FREE);
  say("file %d %d\n", r, q[0]);
  r = madvise(s, 4096, MADV_FREE);
  say("shared %d %d\n", r, s[0]);
  munmap(a + 4096, 4096);
  r = madvise(a, 8192, MADV_FREE);
  say("hole %d\n", r);
  a[0] = 3;
  mlock(a, 4096);
  r = madvise(a, 4096, MADV_FREE);
  say("locked %d %d\n", r, a[0]);
  return 0;
}
