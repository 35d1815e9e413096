// A handler interrupted by another signal's handler, with and without SA_NODEFER, and masks in between.
#include "program.h"
static int depth, entered;
static void inner(int number, siginfo_t* info, void* context) {
  (void)info, (void)context;
  say("inner %d at depth %d\n", number, depth);
}
static void outer(int number, siginfo_t* info, void* context) {
  (void)context;
  ++depth;
  ++entered;
  say("outer %d from %d at depth %d\n", number, info->si_pid, depth);
  raise(SIGUSR2);
  if (entered % 3 != 0) raise(SIGUSR1);
  --depth;
}
int main(void) {
  on_signal(SIGUSR2, inner, 0);
  on_signal(SIGUSR1, outer, SA_NODEFER);
  raise(SIGUSR1);
  on_signal(SIGUSR1, outer, 0);
  raise(SIGUSR1);
  CHECK(depth == 0 && entered == 6);
  return 0;
}
