// process_madvise(2) on one's own memory takes every advice since Linux 6.13.
#include <setjmp.h>
#include <signal.h>

#include "program.h"

static sigjmp_buf out;
static void on_fault(int s) {
  siglongjmp(out, s);
}
static int look(volatile char* p) {
  if (sigsetjmp(out, 1)) return -1;
  return *p;
}

int main(void) {
  signal(SIGSEGV, on_fault);
  int self = syscall(SYS_pidfd_open, getpid(), 0);
  CHECK(self >= 0);
  const int advice[] = {4, 8, 9, 10, 11, 18, 19, 20, 21, 24, 102, 103};
  for (unsigned i = 0; i < sizeof advice / sizeof *advice; i++) {
    int flags = (advice[i] == 9 ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS;
    char* p = mmap(0, 4 * 4096, PROT_READ | PROT_WRITE, flags, -1, 0);
    memset(p, 'a', 4 * 4096);
    struct iovec v = {p + 4096, 4096};
    long r = syscall(440, self, &v, 1, advice[i], 0);
    say("%d: %ld %d\n", advice[i], r, look(p + 4096));
    if (fork() == 0) {
      say("child %d\n", look(p + 4096));
      _exit(0);
    }
    wait(0);
  }
  return 0;
}
