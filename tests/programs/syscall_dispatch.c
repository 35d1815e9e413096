// PR_SET_SYSCALL_USER_DISPATCH: calls that the selector blocks become SIGSYS, and the handler makes them.
#include <sys/prctl.h>
#include <ucontext.h>

#include "program.h"
static volatile char selector;
static int n;
static void h(int s, siginfo_t* i, void* c) {
  selector = 0;
  ucontext_t* u = c;
  say("SIGSYS code %d call %d at %p\n", i->si_code, i->si_syscall, i->si_call_addr);
  u->uc_mcontext.gregs[REG_RAX] = 1000 + n++;
  selector = 0;
}
int main(void) {
  on_signal(SIGSYS, h, 0);
  if (prctl(59, 1, 0, 0, &selector)) {
    say("none %d\n", errno);
    return 0;
  }
  for (int k = 0; k < 5; k++) {
    selector = 1;
    long r;
    __asm__ volatile("syscall" : "=a"(r) : "a"(SYS_getpid) : "rcx", "r11", "memory");
    selector = 0;
    say("got %ld\n", r);
  }
  prctl(59, 0, 0, 0, 0);
  say("pid %d\n", getpid());
}
