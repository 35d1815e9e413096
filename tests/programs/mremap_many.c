// mremap: DONTUNMAP, shrink, grow, move, of shared and private memory.
#include "program.h"
int main(void) {
  char* p = mmap(0, 16384, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < 4; i++) p[i * 4096] = i + 1;
  char* q = mremap(p, 16384, 16384, MREMAP_MAYMOVE | 4);
  if (q != MAP_FAILED) {
    CHECK(q[4096] == 2 && p[4096] == 0);
  } else
    q = p;
  q = mremap(q, 16384, 8192, 0);
  CHECK(q != MAP_FAILED);
  q = mremap(q, 8192, 1 << 20, MREMAP_MAYMOVE);
  CHECK(q != MAP_FAILED && q[4096] == 2);
  char* s = mmap(0, 8192, 3, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  s[0] = 's';
  s[4096] = 't';
  char* t = mremap(s, 8192, 8192, MREMAP_MAYMOVE | MREMAP_FIXED, q + 65536);
  CHECK(t == q + 65536 && t[4096] == 't');
  char* u = mremap(t, 0, 8192, MREMAP_MAYMOVE);
  CHECK(u != MAP_FAILED);
  u[1] = 'z';
  CHECK(t[1] == 'z');
  int fd = memfd_create("m", 0);
  CHECK(ftruncate(fd, 20480) == 0);
  char* f = mmap(0, 4096, 3, MAP_SHARED, fd, 0);
  f[0] = '1';
  f = mremap(f, 4096, 20480, MREMAP_MAYMOVE);
  CHECK(f != MAP_FAILED);
  f[16384] = '5';
  char b;
  CHECK(pread(fd, &b, 1, 16384) == 1 && b == '5');
  CHECK(mremap(f + 1, 4096, 4096, 0) == MAP_FAILED);
  CHECK(mremap((void*)0x10000, 4096, 8192, MREMAP_MAYMOVE) == MAP_FAILED);
  // middle pieces
  char* m = mmap(0, 12288, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  m[4096] = 9;
  char* n = mremap(m + 4096, 4096, 8192, MREMAP_MAYMOVE);
  CHECK(n[0] == 9);
  n[4096] = 1;
  say("%p %p %p %p\n", p, q, u, n);
  return 0;
}
