// two processes share different parts of a file that overlap.
#include "program.h"
int main(void) {
  char n[] = "/tmp/mosXXXXXX";
  int fd = mkstemp(n);
  ftruncate(fd, 16384);
  char* a = mmap(0, 8192, 3, MAP_SHARED, fd, 0);
  int p[2], q[2];
  pipe(p);
  pipe(q);
  pid_t k = fork();
  if (!k) {
    munmap(a, 8192);
    char* b = mmap(0, 8192, 3, MAP_SHARED, fd, 4096);
    b[0] = 'B';
    b[4096] = 'C';
    write(p[1], "x", 1);
    char c;
    read(q[0], &c, 1);
    say("%c\n", b[1]);
    _exit(b[1] != 'D');
  }
  char c;
  read(p[0], &c, 1);
  CHECK(a[4096] == 'B');
  a[4097] = 'D';
  char* e = mmap(0, 4096, 1, MAP_SHARED, fd, 8192);
  CHECK(e[0] == 'C');
  write(q[1], "x", 1);
  CHECK(wait_for(k) == 0);
  unlink(n);
  return 0;
}
