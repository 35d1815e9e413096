// Timer signals interrupt read, nanosleep, poll, futex and wait: with EINTR, or restarted under SA_RESTART.
#include <poll.h>
#include <sys/time.h>

#include "program.h"
static volatile int alarms;
static int ends[2];
static void handler(int number, siginfo_t* info, void* context) {
  (void)number, (void)info, (void)context;
  if (++alarms % 3 == 0) CHECK(write(ends[1], "x", 1) == 1);
}
static void timer(int microseconds) {
  struct itimerval value = {{0, microseconds}, {0, microseconds}};
  CHECK(setitimer(ITIMER_REAL, &value, NULL) == 0);
}
int main(void) {
  char byte;
  CHECK(pipe(ends) == 0);
  on_signal(SIGALRM, handler, SA_RESTART);
  timer(10000);
  CHECK(read(ends[0], &byte, 1) == 1);
  CHECK(alarms >= 3);
  struct pollfd waiting = {.fd = ends[0], .events = POLLIN};
  int got = poll(&waiting, 1, -1);
  CHECK(got == 1 || (got == -1 && errno == EINTR));
  timer(0);
  on_signal(SIGALRM, handler, 0);
  struct timespec left = {0, 0}, want = {2, 0};
  timer(10000);
  CHECK(nanosleep(&want, &left) == -1 && errno == EINTR);
  say("slept until %ld.%09ld were left\n", (long)left.tv_sec, left.tv_nsec);
  timer(0);
  while (fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 && read(ends[0], &byte, 1) == 1) continue;
  CHECK(fcntl(ends[0], F_SETFL, 0) == 0);
  alarms = 0;
  timer(10000);
  CHECK(read(ends[0], &byte, 1) == -1 && errno == EINTR);
  timer(0);
  say("read was interrupted\n");
  return 0;
}
