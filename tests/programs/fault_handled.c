// SIGSEGV handled by a handler that repairs the mapping: the same instruction runs again.
#include "program.h"
static char* page;
static void repair(int number, siginfo_t* info, void* context) {
  (void)context;
  say("signal %d code %d at %p\n", number, info->si_code, info->si_addr);
  CHECK(info->si_addr == page + 8);
  CHECK(mprotect(page, 4096, PROT_READ | PROT_WRITE) == 0);
}
int main(void) {
  on_signal(SIGSEGV, repair, 0);
  page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(page != MAP_FAILED);
  for (int i = 0; i < 50; ++i) {
    page[8] = (char)i;
    CHECK(page[8] == i);
    CHECK(mprotect(page, 4096, PROT_READ) == 0);
  }
  return 0;
}
