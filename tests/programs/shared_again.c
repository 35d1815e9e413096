// A private mapping follows its file while nobody has it mapped shared, and when it is mapped shared again.
#include "program.h"
#define PAGE 4096
int main(void) {
  char name[] = "/tmp/bygone-again-XXXXXX";
  int fd = mkstemp(name);
  CHECK(fd >= 0 && unlink(name) == 0 && ftruncate(fd, 4 * PAGE) == 0);
  char* shared = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  char* own = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  shared[0] = 1;
  own[PAGE] = 9;  // a copy of its own
  CHECK(own[0] == 1);
  CHECK(munmap(shared, 4 * PAGE) == 0);
  shared = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  shared[2] = 3;
  shared[PAGE] = 4;
  CHECK(pwrite(fd, "\2", 1, 1) == 1);
  CHECK(own[0] == 1 && own[1] == 2 && own[2] == 3 && own[PAGE] == 9);
  CHECK(ftruncate(fd, PAGE) == 0 && ftruncate(fd, 8 * PAGE) == 0);
  CHECK(own[0] == 1 && own[PAGE] == 0 && shared[3 * PAGE] == 0);
  say("%d %d %d %d\n", own[0], own[1], own[2], own[PAGE]);
  return 0;
}
