// madvise: DONTNEED drops private pages to zero or to the file's bytes, FREE, WILLNEED, REMOVE of shared
// pages.
#include "program.h"
int main(void) {
  char* area = mmap(NULL, 8 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(area != MAP_FAILED);
  memset(area, 'x', 8 * 4096);
  CHECK(madvise(area + 2 * 4096, 3 * 4096, MADV_DONTNEED) == 0);
  CHECK(area[4096] == 'x' && area[2 * 4096] == 0 && area[5 * 4096] == 'x');
  CHECK(madvise(area, 8 * 4096, MADV_WILLNEED) == 0);
  int fd = open("/proc/self/exe", O_RDONLY);
  char* file = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  CHECK(file != MAP_FAILED && file[1] == 'E');
  file[1] = 'e';
  CHECK(madvise(file, 4096, MADV_DONTNEED) == 0 && file[1] == 'E');
  char* shared = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(shared != MAP_FAILED);
  memset(shared, 's', 4 * 4096);
  CHECK(madvise(shared, 4096, MADV_DONTNEED) == 0 && shared[0] == 's');
  CHECK(madvise(shared, 4096, MADV_REMOVE) == 0 && shared[0] == 0 && shared[4096] == 's');
  say("areas %p %p %p\n", (void*)area, (void*)file, (void*)shared);
  return 0;
}
