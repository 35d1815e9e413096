// writes through /proc/self/mem, by pwrite and writev, also to read-only pages.
#include <sys/uio.h>

#include "program.h"
static const char ro[4096] __attribute__((aligned(4096))) = "readonly";
static char v[100];
int main(void) {
  int fd = open("/proc/self/mem", O_RDWR);
  CHECK(fd >= 0);
  CHECK(pwrite(fd, "xyz", 3, (off_t)v) == 3);
  say("%s\n", v);
  CHECK(!strcmp(v, "xyz"));
  CHECK(pwrite(fd, "R", 1, (off_t)ro) == 1);
  say("%c\n", *(volatile char*)ro);
  CHECK(lseek(fd, (off_t)(v + 10), 0) >= 0);
  struct iovec io = {"abc", 3};
  CHECK(writev(fd, &io, 1) == 3);
  CHECK(v[10] == 'a');
  say("%s\n", v + 10);
  return 0;
}
