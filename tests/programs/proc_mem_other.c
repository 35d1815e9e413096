// writing the memory of a child through /proc/PID/mem.
#include "program.h"
static volatile int flag;
static char b[50];
int main(void) {
  int a[2], r[2];
  pipe(a);
  pipe(r);
  pid_t c = fork();
  if (!c) {
    char x;
    write(r[1], "r", 1);
    read(a[0], &x, 1);
    say("%s\n", b);
    _exit(strcmp(b, "poked") != 0);
  }
  char x;
  read(r[0], &x, 1);
  char n[40];
  sprintf(n, "/proc/%d/mem", c);
  int fd = open(n, O_RDWR);
  CHECK(fd >= 0);
  CHECK(pwrite(fd, "poked", 6, (off_t)b) == 6);
  write(a[1], "x", 1);
  CHECK(wait_for(c) == 0);
  return 0;
}
