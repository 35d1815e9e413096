// sigsuspend(2) ends with the signal it waits for: a timer that goes off once, again and again.
#include <time.h>

#include "program.h"
static volatile int went_off;
static void handler(int number) {
  (void)number;
  ++went_off;
}
int main(int argc, char** argv) {
  const int rounds = argc > 1 ? atoi(argv[1]) : 20;
  sigset_t alarm_only, before;
  sigemptyset(&alarm_only);
  sigaddset(&alarm_only, SIGALRM);
  CHECK(sigprocmask(SIG_BLOCK, &alarm_only, &before) == 0);
  CHECK(signal(SIGALRM, handler) != SIG_ERR);
  timer_t timer;
  CHECK(timer_create(CLOCK_MONOTONIC, NULL, &timer) == 0);
  const struct itimerspec once = {{0, 0}, {0, 5000000}};
  for (int round = 0; round < rounds; ++round) {
    CHECK(timer_settime(timer, 0, &once, NULL) == 0);
    CHECK(sigsuspend(&before) == -1 && errno == EINTR);
    CHECK(went_off == round + 1);
  }
  say("went off %d times\n", went_off);
  return 0;
}
