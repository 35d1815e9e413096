// syscall instruction with high bits in rax, arguments with garbage, at page ends, in writable memory.
#include "program.h"
int main(void) {
  char* p = mmap(0, 8192, 7, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  unsigned char c[] = {0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3};
  memcpy(p, c, 8);
  long r = ((long (*)(void))p)();
  CHECK(r == getpid());
  memcpy(p + 4096 - 8, c, 8);
  r = ((long (*)(void))(p + 4096 - 8))();
  CHECK(r == getpid());
  asm volatile("syscall" : "=a"(r) : "a"(39ul | (1ul << 40)) : "rcx", "r11");
  say("%ld\n", r == getpid() ? 1 : r);
  mprotect(p, 4096, PROT_READ | PROT_EXEC);
  r = ((long (*)(void))p)();
  for (int i = 0; i < 3; i++) {
    mprotect(p, 4096, 7);
    p[1] = i % 2 ? 39 : 110;
    mprotect(p, 4096, 5);
    r = ((long (*)(void))p)();
    say("%d\n", r == (i % 2 ? getpid() : getppid()));
  }
  return 0;
}
