// int3, into a handler, single-step flag, icebp, division by zero, hlt, bad opcodes, segfault
// kinds.
#include <setjmp.h>
#include <ucontext.h>

#include "program.h"
static sigjmp_buf b;
static void h(int s, siginfo_t* i, void* u) {
  ucontext_t* c = u;
  say("%d code %d\n", s, i->si_code);
  if (s == SIGTRAP) {
    c->uc_mcontext.gregs[REG_EFL] &= ~0x100;
    // Some hypervisors report icebp before it, not behind it.
    if (*(unsigned char*)c->uc_mcontext.gregs[REG_RIP] == 0xf1) c->uc_mcontext.gregs[REG_RIP]++;
    return;
  }
  siglongjmp(b, 1);
}
int main(void) {
  int s[] = {SIGTRAP, SIGSEGV, SIGILL, SIGFPE, SIGBUS};
  for (int i = 0; i < 5; i++) on_signal(s[i], h, 0);
  asm volatile("int3");
  asm volatile("int $3");
  asm volatile("pushf; orq $0x100,(%rsp); popf; nop; nop");
  asm volatile(".byte 0xf1");
  if (!sigsetjmp(b, 1)) asm volatile("hlt");
  if (!sigsetjmp(b, 1)) asm volatile("ud2");
  if (!sigsetjmp(b, 1)) asm volatile("xor %%eax,%%eax; cltd; idiv %%eax" ::: "eax", "edx");
  if (!sigsetjmp(b, 1)) *(volatile int*)0x8000000000000000 = 1;
  if (!sigsetjmp(b, 1)) ((void (*)(void))0x10)();
  if (!sigsetjmp(b, 1)) *(volatile char*)main = 1;
  if (!sigsetjmp(b, 1)) asm volatile("in $0x80,%%al" ::: "eax");
  if (!sigsetjmp(b, 1)) asm volatile("int $0x20");
  if (!sigsetjmp(b, 1)) asm volatile("mov %%cr0,%%rax" ::: "rax");

  return 0;
}
