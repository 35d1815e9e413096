// MAP_GROWSDOWN mapping that grows, is split, protected.
#include "program.h"
int main(void) {
  char* b = mmap(0, 1 << 20, 0, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  munmap(b, 1 << 20);
  char* p = mmap(b + (1 << 19), 8192, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED, -1, 0);
  CHECK(p != MAP_FAILED);
  for (int i = 0; i < 20; i++) p[-4096 * i] = i;
  CHECK(p[-4096 * 10] == 10);
  CHECK(munmap(p - 4096 * 5, 4096) == 0);
  CHECK(mprotect(p - 4096 * 3, 4096, 1) == 0);
  say("%p %d\n", p, p[-4096 * 3]);
  pid_t c = fork();
  if (!c) {
    p[-4096 * 25] = 1;
    say("c\n");
    _exit(0);
  }
  CHECK(wait_for(c) == 0);
  return 0;
}
