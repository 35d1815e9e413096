// pause(2) until a timer goes off, again and again. A signal that is lost, as one between the look and the
// pause may be, costs a quarter of a second.
#include <time.h>

#include "program.h"
static volatile int went_off;
static void handler(int number) {
  (void)number;
  went_off = 1;
}
static double now(void) {
  struct timespec time;
  CHECK(clock_gettime(CLOCK_MONOTONIC, &time) == 0);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}
int main(int argc, char** argv) {
  const int rounds = argc > 1 ? atoi(argv[1]) : 20;
  CHECK(signal(SIGALRM, handler) != SIG_ERR);
  timer_t timer;
  CHECK(timer_create(CLOCK_MONOTONIC, NULL, &timer) == 0);
  const struct itimerspec soon = {{0, 250000000}, {0, 5000000}};
  int late = 0;
  for (int round = 0; round < rounds; ++round) {
    went_off = 0;
    const double began = now();
    CHECK(timer_settime(timer, 0, &soon, NULL) == 0);
    while (!went_off) pause();
    if (now() - began > 0.24) ++late;
  }
  say("%d\n", late);
  return 0;
}
