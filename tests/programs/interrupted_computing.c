// A timer's signal arrives in the middle of a computation that makes no system call.
#include "program.h"
static volatile int ticks;
static void handler(int number, siginfo_t* info, void* context) {
  (void)number, (void)info, (void)context;
  ++ticks;
}
int main(void) {
  on_signal(SIGALRM, handler, 0);
  ualarm(10000, 10000);
  uint64_t turns = 0;
  while (ticks < 5) ++turns;
  ualarm(0, 0);
  say("%lu turns\n", (unsigned long)turns);
  return 0;
}
