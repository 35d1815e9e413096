// A file mapped beyond its end: zeroes to the end of the page, SIGBUS behind it, until the file grows.
#include <setjmp.h>

#include "program.h"
static sigjmp_buf back;
static void handler(int number, siginfo_t* info, void* context) {
  (void)context;
  say("signal %d code %d at %p\n", number, info->si_code, info->si_addr);
  siglongjmp(back, 1);
}
int main(void) {
  char name[] = "/tmp/bygone-end-XXXXXX";
  int fd = mkstemp(name);
  CHECK(fd >= 0 && unlink(name) == 0 && write(fd, "short", 5) == 5);
  volatile char* view = mmap(NULL, 3 * 4096, PROT_READ, MAP_PRIVATE, fd, 0);
  CHECK(view != MAP_FAILED);
  on_signal(SIGBUS, handler, 0);
  CHECK(view[4] == 't' && view[5] == 0 && view[4095] == 0);
  int faulted = sigsetjmp(back, 1);
  if (!faulted) {
    (void)view[4096];
    CHECK(!"no SIGBUS");
  }
  CHECK(pwrite(fd, "grown", 5, 4096) == 5);
  CHECK(view[4096] == 'g');
  return 0;
}
