// A virtual interval timer ticks while the process makes system calls; getitimer shows the rest.
#include <sys/time.h>

#include "program.h"
static volatile int ticks;
static void handler(int number, siginfo_t* info, void* context) {
  (void)number, (void)info, (void)context;
  ++ticks;
}
int main(void) {
  on_signal(SIGALRM, handler, SA_RESTART);
  struct itimerval value = {{0, 5000}, {0, 5000}}, now;
  CHECK(setitimer(ITIMER_REAL, &value, NULL) == 0);
  int calls = 0;
  while (ticks < 5) {
    CHECK(getitimer(ITIMER_REAL, &now) == 0);
    usleep(500);
    ++calls;
  }
  memset(&value, 0, sizeof value);
  CHECK(setitimer(ITIMER_REAL, &value, &now) == 0);
  say("%d ticks in %d calls, %ld us were left\n", ticks, calls, (long)now.it_value.tv_usec);
  return 0;
}
