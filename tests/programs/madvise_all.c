// every advice there is.
#include "program.h"
int main(void) {
  char* p = mmap(0, 65536, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(p, 5, 65536);
  char* s = mmap(0, 65536, 3, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  memset(s, 6, 65536);
  int fd = memfd_create("x", 0);
  ftruncate(fd, 65536);
  char* f = mmap(0, 65536, 3, MAP_SHARED, fd, 0);
  memset(f, 7, 65536);
  char* v = mmap(0, 65536, 3, MAP_PRIVATE, fd, 0);
  v[0] = 8;
  for (int a = 0; a < 30; a++) {
    int r1 = madvise(p, 8192, a), r2 = madvise(s + 8192, 8192, a), r3 = madvise(f + 16384, 8192, a),
        r4 = madvise(v, 8192, a);
    say("%d: %d %d %d %d  %d %d %d %d\n", a, r1, r2, r3, r4, p[0], s[8192], f[16384], v[0]);
    p[0] = 5;
    s[8192] = 6;
    f[16384] = 7;
    v[0] = 8;
  }
  for (int a = 98; a < 105; a++) {
    if (a == 100 || a == 101) continue;
    int r = madvise(p + 16384, 4096, a);
    say("%d: %d\n", a, r);
  }
  return 0;
}
