// Machine code written into memory, made executable, run, and rewritten in place.
#include "program.h"
int main(void) {
  unsigned char* code = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(code != MAP_FAILED);
  for (int i = 0; i < 20; ++i) {
    const unsigned char body[] = {0xb8, (unsigned char)i, 0, 0, 0, 0xc3};
    CHECK(mprotect(code, 4096, PROT_READ | PROT_WRITE) == 0);
    memcpy(code, body, sizeof body);
    CHECK(mprotect(code, 4096, PROT_READ | PROT_EXEC) == 0);
    int (*function)(void);
    memcpy(&function, &code, sizeof function);
    CHECK(function() == i);
  }
  say("code at %p\n", (void*)code);
  return 0;
}
