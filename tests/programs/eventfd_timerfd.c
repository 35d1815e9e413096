// eventfd between threads and a periodic timerfd.
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include "program.h"
static int event;
static void* add(void* argument) {
  for (uint64_t i = 1; i <= 10; ++i) {
    CHECK(write(event, &i, 8) == 8);
    usleep(500);
  }
  return argument;
}
int main(void) {
  event = eventfd(0, 0);
  pthread_t thread;
  CHECK(event >= 0 && pthread_create(&thread, NULL, add, NULL) == 0);
  uint64_t sum = 0, value;
  while (sum < 55) {
    CHECK(read(event, &value, 8) == 8);
    sum += value;
    say("got %lu\n", (unsigned long)value);
  }
  CHECK(pthread_join(thread, NULL) == 0);
  int timer = timerfd_create(CLOCK_REALTIME, 0);
  struct itimerspec when = {{0, 3000000}, {0, 3000000}}, left;
  CHECK(timerfd_settime(timer, 0, &when, NULL) == 0);
  for (int i = 0; i < 3; ++i) CHECK(read(timer, &value, 8) == 8);
  CHECK(timerfd_gettime(timer, &left) == 0);
  say("%ld ns to the next\n", left.it_value.tv_nsec);
  return 0;
}
