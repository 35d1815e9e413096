// SIGALRM ends pause(2), handled.
#include "program.h"
static volatile int alarms;
static void handler(int number, siginfo_t* info, void* context) {
  (void)info, (void)context;
  ++alarms;
  say("signal %d\n", number);
}
int main(void) {
  on_signal(SIGALRM, handler, 0);
  alarm(1);
  CHECK(pause() == -1 && errno == EINTR);
  CHECK(alarms == 1);
  return 0;
}
