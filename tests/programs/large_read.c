// 64 MiB written and read in one call each, and mapped.
#include "program.h"
int main(void) {
  const size_t size = 64 << 20;
  char name[] = "/tmp/bygone-large-XXXXXX";
  int fd = mkstemp(name);
  CHECK(fd >= 0 && unlink(name) == 0);
  uint64_t* words = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(words != MAP_FAILED);
  for (size_t i = 0; i < size / 8; ++i) words[i] = i / 64 * 0x9e3779b97f4a7c15ull;
  CHECK(write(fd, words, size) == (ssize_t)size);
  memset(words, 0, size);
  CHECK(pread(fd, words, size, 0) == (ssize_t)size);
  uint64_t sum = 0;
  for (size_t i = 0; i < size / 8; ++i) sum = sum * 31 + words[i];
  say("%d read at %p, sum %#lx\n", getpid(), (void*)words, (unsigned long)sum);
  return 0;
}
