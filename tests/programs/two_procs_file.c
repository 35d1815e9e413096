// one file mapped by several processes that were never related by fork of the mapping.
#include "program.h"
int main(void) {
  char n[] = "/tmp/tpfXXXXXX";
  int fd = mkstemp(n);
  ftruncate(fd, 8192);
  int a[2], b[2];
  pipe(a);
  pipe(b);
  pid_t c = fork();
  if (!c) {
    int g = open(n, O_RDWR);
    char* q = mmap(0, 8192, 3, MAP_SHARED, g, 0);
    char x;
    write(b[1], "x", 1);
    read(a[0], &x, 1);
    say("%s\n", q);
    strcpy(q + 4096, "child");
    write(b[1], "y", 1);
    read(a[0], &x, 1);
    CHECK(pwrite(g, "WRITE", 5, 0) == 5);
    write(b[1], "y", 1);
    read(a[0], &x, 1);
    _exit(0);
  }
  char* p = mmap(0, 8192, 3, MAP_SHARED, fd, 0);
  char x;
  read(b[0], &x, 1);
  strcpy(p, "parent");
  write(a[1], "x", 1);
  read(b[0], &x, 1);
  say("%s\n", p + 4096);
  write(a[1], "x", 1);
  read(b[0], &x, 1);
  say("%s\n", p);
  CHECK(memcmp(p, "WRITEt", 6) == 0);
  write(a[1], "x", 1);
  CHECK(wait_for(c) == 0);
  unlink(n);
  return 0;
}
