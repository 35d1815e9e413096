// siglongjmp out of handlers, many times: frames of handlers are left behind without sigreturn.
#include <setjmp.h>

#include "program.h"
static sigjmp_buf back;
static volatile int jumps;
static void handler(int number, siginfo_t* info, void* context) {
  (void)info, (void)context;
  siglongjmp(back, number);
}
int main(void) {
  on_signal(SIGUSR1, handler, 0);
  on_signal(SIGSEGV, handler, 0);
  for (int i = 0; i < 20; ++i) {
    int number = sigsetjmp(back, 1);
    if (number == 0) {
      if (i % 2 == 0)
        raise(SIGUSR1);
      else
        *(volatile int*)16 = 1;
      CHECK(!"not reached");
    }
    CHECK(number == (i % 2 == 0 ? SIGUSR1 : SIGSEGV));
    ++jumps;
  }
  say("%d jumps to %p\n", jumps, (void*)&back);
  return 0;
}
