// SIGFPE, SIGILL and SIGTRAP handlers that change the interrupted registers to go on behind the fault.
#include <ucontext.h>

#include "program.h"
static void skip(int number, siginfo_t* info, void* context) {
  ucontext_t* user = context;
  say("signal %d code %d at %p, rip %#llx\n", number, info->si_code, info->si_addr,
      user->uc_mcontext.gregs[REG_RIP]);
  if (number != SIGTRAP) user->uc_mcontext.gregs[REG_RIP] += 2;
  user->uc_mcontext.gregs[REG_R12] = number;
}
int main(void) {
  long seen;
  on_signal(SIGFPE, skip, 0);
  on_signal(SIGILL, skip, 0);
  on_signal(SIGTRAP, skip, 0);
  __asm__ volatile("xor %%ecx, %%ecx\n xor %%eax, %%eax\n cltd\n div %%ecx\n mov %%r12, %0"
                   : "=r"(seen)::"rax", "rcx", "rdx", "r12");
  CHECK(seen == SIGFPE);
  __asm__ volatile("ud2\n mov %%r12, %0" : "=r"(seen)::"r12");
  CHECK(seen == SIGILL);
  __asm__ volatile("int3\n mov %%r12, %0" : "=r"(seen)::"r12");
  CHECK(seen == SIGTRAP);
  return 0;
}
