// Scattered and positioned reads and writes: readv, writev, preadv, pwritev, preadv2.
#include <sys/uio.h>

#include "program.h"
int main(void) {
  char name[] = "/tmp/bygone-vector-XXXXXX";
  int fd = mkstemp(name);
  CHECK(fd >= 0 && unlink(name) == 0);
  struct iovec out[3] = {{"one ", 4}, {"two ", 4}, {"three", 5}};
  CHECK(writev(fd, out, 3) == 13);
  CHECK(pwritev(fd, out, 2, 5) == 8);
  char a[3], b[5], c[20];
  struct iovec in[3] = {{a, sizeof a}, {b, sizeof b}, {c, sizeof c}};
  CHECK(lseek(fd, 0, SEEK_SET) == 0);
  CHECK(readv(fd, in, 3) == 13);
  say("%.3s|%.5s|%.5s\n", a, b, c);
  CHECK(preadv(fd, in, 3, 4) == 9);
  say("%.3s|%.5s|%.1s\n", a, b, c);
  CHECK(preadv2(fd, in, 2, 0, 0) == 8);
  out[0].iov_base = "to stdout\n";
  out[0].iov_len = 10;
  CHECK(writev(1, out, 1) == 10);
  return 0;
}
