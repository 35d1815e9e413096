// A handler on a stack of its own stores far below the stack pointer of the main stack, which grows; and one
// that interrupts in front of popf sees no trap flag.
#include <ucontext.h>

#include "program.h"
static char own_stack[65536];
static volatile unsigned long flags;
static void grow(int number, siginfo_t* info, void* context) {
  (void)number, (void)info;
  ucontext_t* at = context;
  char* below = (char*)at->uc_mcontext.gregs[REG_RSP] - 200000;
  for (int i = 0; i < 40; ++i) below[i * 4096] = (char)i;
  flags = (unsigned long)at->uc_mcontext.gregs[REG_EFL];
}
int main(void) {
  stack_t stack = {.ss_sp = own_stack, .ss_size = sizeof own_stack};
  CHECK(sigaltstack(&stack, NULL) == 0);
  on_signal(SIGUSR1, grow, SA_ONSTACK);
  CHECK(raise(SIGUSR1) == 0);
  const unsigned long before = flags;
  // The signal comes with the call's return, in front of the instruction behind it.
  long result;
  __asm__ volatile(
      "pushfq\n\t"
      "syscall\n\t"
      "popfq"
      : "=a"(result)
      : "a"(SYS_tgkill), "D"(getpid()), "S"(syscall(SYS_gettid)), "d"(SIGUSR1)
      : "rcx", "r11", "memory", "cc");
  say("%ld, flags %#lx and %#lx\n", result, before & 0x100, flags & 0x100);
  CHECK(result == 0 && (flags & 0x100) == 0);
  return 0;
}
