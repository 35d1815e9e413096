// readv and writev with zero length, overlapping, faulting elements; zero-length calls.
#include <sys/uio.h>

#include "program.h"
int main(void) {
  int p[2];
  pipe(p);
  char* m = mmap(0, 8192, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(m + 4096, 4096);
  char b[100];
  struct iovec v[4] = {{m + 4090, 6}, {0, 0}, {m + 4096, 10}, {b, 10}};
  write(p[1], "0123456789abcdef", 16);
  ssize_t r = readv(p[0], v, 4);
  say("%zd %d %.6s\n", r, errno, m + 4090);
  r = read(p[0], m + 4092, 50);
  say("%zd %d %.4s\n", r, errno, m + 4092);
  r = read(p[0], b, 100);
  say("left %zd\n", r);
  r = writev(p[1], v, 4);
  say("%zd %d\n", r, errno);
  struct iovec o[2] = {{b, 8}, {b + 4, 8}};
  write(p[1], "ABCDEFGHIJKLMNOP", 16);
  read(p[0], b, 6);
  r = readv(p[0], o, 2);
  say("%zd %.12s\n", r, b);
  say("%zd\n", readv(p[0], o, 0));
  say("%zd %d\n", readv(p[0], o, -1), errno);
  say("%zd %d\n", readv(p[0], (void*)8, 1), errno);
  say("%zd\n", read(p[0], 0, 0));
  say("%zd\n", write(1, 0, 0));
  o[0].iov_len = -1;
  say("%zd %d\n", readv(p[0], o, 1), errno);
  struct iovec same[2] = {{same, 16}, {b, 5}};
  write(p[1], "ABCDEFGHIJKLMNOPQRSTU", 21);
  r = readv(p[0], same, 2);
  say("%zd %.5s\n", r, b);
  return 0;
}
