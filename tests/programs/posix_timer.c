// timer_create with a signal and a value, timer_settime, timer_gettime, timer_delete.
#include "program.h"
static volatile int value;
static void handler(int number, siginfo_t* info, void* context) {
  (void)context;
  value = info->si_value.sival_int;
  say("signal %d code %d value %d overrun %d\n", number, info->si_code, value, info->si_overrun);
}
int main(void) {
  on_signal(SIGRTMIN + 1, handler, 0);
  struct sigevent event;
  memset(&event, 0, sizeof event);
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGRTMIN + 1;
  event.sigev_value.sival_int = 77;
  timer_t timer;
  CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
  struct itimerspec when = {{0, 0}, {0, 20000000}}, left;
  CHECK(timer_settime(timer, 0, &when, NULL) == 0);
  CHECK(timer_gettime(timer, &left) == 0);
  say("%ld ns left\n", left.it_value.tv_nsec);
  while (value == 0) pause();
  CHECK(value == 77);
  CHECK(timer_delete(timer) == 0);
  return 0;
}
