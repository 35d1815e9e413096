// memfd with seals while mapped; F_SEAL_WRITE refused; FUTURE_WRITE.
#include "program.h"
int main(void) {
  int fd = memfd_create("s", MFD_ALLOW_SEALING);
  ftruncate(fd, 8192);
  char* p = mmap(0, 8192, 3, MAP_SHARED, fd, 0);
  strcpy(p, "hi");
  CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) < 0 && errno == EBUSY);
  CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) == 0);
  CHECK(ftruncate(fd, 4096) < 0);
  CHECK(fcntl(fd, F_ADD_SEALS, 0x10) == 0);
  p[1] = 'o';
  CHECK(mmap(0, 8192, 3, MAP_SHARED, fd, 0) == MAP_FAILED);
  char* r = mmap(0, 8192, 1, MAP_SHARED, fd, 0);
  CHECK(!strcmp(r, "ho"));
  munmap(p, 8192);
  CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) == 0 || 1);
  char* q = mmap(0, 8192, 3, MAP_PRIVATE, fd, 0);
  q[0] = 'x';
  say("%s %s\n", r, q);
  return 0;
}
