// mremap(2) of a range of which only the beginning is mapped: onto memory that stays as it was behind it
// (Linux 6.17), or not at all.
#include "program.h"
#define PAGE 4096
int main(void) {
  for (int protection = PROT_READ; protection <= (PROT_READ | PROT_WRITE); protection += PROT_WRITE) {
    char* from = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char* to = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(from != MAP_FAILED && to != MAP_FAILED && munmap(from + PAGE, PAGE) == 0);
    memset(to, 't', 4 * PAGE);
    from[0] = 'f';
    CHECK(mprotect(to, 4 * PAGE, protection) == 0);
    char* moved = mremap(from, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to + PAGE);
    say("moved %d: %c %c %c %c\n", moved == to + PAGE, to[0], to[PAGE] == 0 ? '0' : to[PAGE], to[2 * PAGE],
        to[3 * PAGE]);
    munmap(to, 4 * PAGE);
    munmap(from, PAGE);
  }
  return 0;
}
