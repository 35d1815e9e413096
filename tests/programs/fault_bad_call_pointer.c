// System calls with bad pointers answer EFAULT, and partial reads stop at the edge of a mapping.
#include "program.h"
int main(void) {
  CHECK(write(1, (void*)16, 5) == -1 && errno == EFAULT);
  CHECK(syscall(SYS_clock_gettime, CLOCK_REALTIME, (void*)16) == -1 && errno == EFAULT);
  char* pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(munmap(pages + 4096, 4096) == 0);
  int fd = open("/proc/self/exe", O_RDONLY);
  ssize_t got = read(fd, pages + 4096 - 100, 1000);
  say("read over the edge: %zd, errno %d, first byte %#x\n", got, got < 0 ? errno : 0,
      (unsigned char)pages[4096 - 100]);
  CHECK(got == 100 || (got == -1 && errno == EFAULT));
  int ends[2];
  CHECK(pipe(ends) == 0 && write(ends[1], "0123456789", 10) == 10);
  got = read(ends[0], pages + 4096 - 4, 10);
  say("read a pipe over the edge: %zd\n", got);
  return 0;
}
