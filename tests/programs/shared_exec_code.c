// code written into a shared mapping by one process and executed by another.
#include "program.h"
int main(void) {
  char* p = mmap(0, 4096, 7, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  unsigned char c[] = {0xb8, 7, 0, 0, 0, 0xc3};
  memcpy(p, c, 6);
  pid_t k = fork();
  if (!k) {
    p[1] = 9;
    _exit(((int (*)(void))p)());
  }
  int s = wait_for(k);
  CHECK(s == 0x900);
  CHECK(((int (*)(void))p)() == 9);
  return 0;
}
