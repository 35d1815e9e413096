// epoll over a pipe, an eventfd and a timerfd, with timeouts and a signal mask.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include "program.h"
int main(void) {
  int set = epoll_create1(EPOLL_CLOEXEC), ends[2];
  int event = eventfd(0, EFD_NONBLOCK), timer = timerfd_create(CLOCK_MONOTONIC, 0);
  CHECK(set >= 0 && event >= 0 && timer >= 0 && pipe(ends) == 0);
  int fds[3] = {ends[0], event, timer};
  for (int i = 0; i < 3; ++i) {
    struct epoll_event want = {.events = EPOLLIN, .data.fd = fds[i]};
    CHECK(epoll_ctl(set, EPOLL_CTL_ADD, fds[i], &want) == 0);
  }
  struct epoll_event got[5];
  CHECK(epoll_wait(set, got, 5, 10) == 0);
  uint64_t value = 7;
  CHECK(write(event, &value, 8) == 8 && write(ends[1], "x", 1) == 1);
  int ready = epoll_wait(set, got, 5, -1);
  for (int i = 0; i < ready; ++i) say("ready: %d events %#x\n", got[i].data.fd, got[i].events);
  CHECK(ready == 2 && read(event, &value, 8) == 8 && value == 7 && read(ends[0], got, 1) == 1);
  struct itimerspec when = {{0, 0}, {0, 5000000}};
  CHECK(timerfd_settime(timer, 0, &when, NULL) == 0);
  CHECK(epoll_pwait(set, got, 5, 5000, NULL) == 1 && got[0].data.fd == timer);
  CHECK(read(timer, &value, 8) == 8);
  say("timer expired %lu times\n", (unsigned long)value);
  return 0;
}
