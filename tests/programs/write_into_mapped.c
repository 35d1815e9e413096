// every call that writes into a file which is mapped.
#include <sys/sendfile.h>
#include <sys/uio.h>

#include "program.h"
int main(void) {
  char n[] = "/tmp/wimXXXXXX";
  int fd = mkstemp(n);
  ftruncate(fd, 65536);
  char* p = mmap(0, 65536, 3, MAP_SHARED, fd, 0);
  char m[] = "/tmp/wimXXXXXX";
  int g = mkstemp(m);
  char big[20000];
  memset(big, 'g', 20000);
  write(g, big, 20000);
  int pp[2];
  pipe(pp);
  CHECK(write(fd, "abc", 3) == 3 && p[2] == 'c');
  CHECK(pwrite(fd, "def", 3, 100) == 3 && p[102] == 'f');
  struct iovec v[2] = {{"11", 2}, {"22", 2}};
  lseek(fd, 200, 0);
  CHECK(writev(fd, v, 2) == 4 && p[203] == '2');
  CHECK(pwritev(fd, v, 2, 300) == 4 && p[303] == '2');
  CHECK(pwritev2(fd, v, 2, 400, 0) == 4 && p[403] == '2');
  CHECK(pwritev2(fd, v, 2, -1, 0) == 4 && p[207] == '2');
  lseek(fd, 8192, 0);
  off_t o = 0;
  CHECK(sendfile(fd, g, &o, 5000) == 5000 && p[8192 + 4999] == 'g');
  loff_t i = 0, t = 20480;
  int r = copy_file_range(g, &i, fd, &t, 6000, 0);
  say("cfr %d %d\n", r, p[20480]);
  write(pp[1], "splice", 6);
  t = 30000;
  r = splice(pp[0], 0, fd, &t, 6, 0);
  say("splice %d %c\n", r, p[30000]);
  lseek(fd, 0, SEEK_END);
  CHECK(write(fd, "end", 3) == 3);
  int ap = open(n, O_WRONLY | O_APPEND);
  CHECK(write(ap, "app", 3) == 3);
  CHECK(pwrite(ap, "papp", 4, 0) == 4);
  p = mremap(p, 65536, 69632, MREMAP_MAYMOVE);
  CHECK(p[65536] == 'e' && p[65539] == 'a' && p[65542] == 'p');
  say("%.10s\n", p + 65536);
  unlink(n);
  unlink(m);
  return 0;
}
