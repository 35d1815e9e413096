// A fault whose signal is blocked kills the process whatever its handler.
#include "program.h"
static void never(int number, siginfo_t* info, void* context) {
  (void)number, (void)info, (void)context;
  _exit(1);
}
int main(void) {
  on_signal(SIGSEGV, never, 0);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGSEGV);
  sigprocmask(SIG_BLOCK, &set, NULL);
  say("%d faults\n", getpid());
  *(volatile int*)16 = 1;
  return 0;
}
