// A MAP_GROWSDOWN mapping grows by itself when touched below its start.
#include "program.h"
int main(void) {
  char* room = mmap(NULL, 4 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(room != MAP_FAILED && munmap(room, 4 << 20) == 0);
  char* top = mmap(room + (3 << 20), 8192, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED, -1, 0);
  CHECK(top == room + (3 << 20));
  for (int page = 1; page <= 20; ++page) top[-page * 4096] = (char)page;
  for (int page = 1; page <= 20; ++page) CHECK(top[-page * 4096] == page);
  say("grew down from %p\n", (void*)top);
  return 0;
}
