// personality(READ_IMPLIES_EXEC): memory asked for to be read can be executed, in children too.
#include <sys/personality.h>

#include "program.h"
static int run(void* memory) {
  static const unsigned char code[] = {0xb8, 7, 0, 0, 0, 0xc3};  // mov $7, %eax; ret
  memcpy(memory, code, sizeof code);
  return ((int (*)(void))memory)();
}
int main(void) {
  CHECK(personality(READ_IMPLIES_EXEC) >= 0);
  void* memory = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  say("%p: %d\n", memory, run(memory));
  CHECK(mprotect(memory, 4096, PROT_NONE) == 0 && mprotect(memory, 4096, PROT_READ | PROT_WRITE) == 0);
  CHECK(run(memory) == 7);
  pid_t child = fork();
  if (child == 0) {
    void* own = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    _exit(run(own));
  }
  CHECK(WEXITSTATUS(wait_for(child)) == 7);
  CHECK(personality(0) >= 0);
  return 0;
}
