// abort(3): SIGABRT handled once, then fatal.
#include "program.h"
static void handler(int number, siginfo_t* info, void* context) {
  (void)info, (void)context;
  say("signal %d in %d\n", number, getpid());
}
int main(void) {
  on_signal(SIGABRT, handler, 0);
  abort();
}
