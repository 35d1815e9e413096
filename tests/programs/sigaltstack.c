// Overflow of the ordinary stack handled on an alternate one.
#include <setjmp.h>

#include "program.h"
static sigjmp_buf back;
static void handler(int number, siginfo_t* info, void* context) {
  (void)context;
  int here;
  say("signal %d at %p handled at %p\n", number, info->si_addr, (void*)&here);
  siglongjmp(back, 1);
}
static int sink;
__attribute__((noinline)) static void deeper(int depth) {
  volatile char block[4096];
  block[0] = (char)depth;
  if (depth > 0) deeper(depth + 1);
  sink += block[0];
}
int main(void) {
  static char alternate[65536];
  stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
  CHECK(sigaltstack(&stack, NULL) == 0);
  on_signal(SIGSEGV, handler, SA_ONSTACK);
  for (int i = 0; i < 2; ++i)
    if (sigsetjmp(back, 1) == 0) deeper(1);
  CHECK(sigaltstack(NULL, &stack) == 0 && stack.ss_flags == 0);
  say("alternate stack at %p\n", stack.ss_sp);
  return 0;
}
