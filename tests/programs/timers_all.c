// setitimer of three kinds, timer_create of every clock and notification, timerfd, alarm, overruns.
#include <pthread.h>
#include <sys/time.h>
#include <sys/timerfd.h>

#include "program.h"
static volatile int n;
static void h(int s, siginfo_t* i, void* u) {
  n++;
}
static void tf(union sigval v) {
  __atomic_add_fetch(&n, 100, 5);
}
int main(void) {
  on_signal(SIGALRM, h, 0);
  on_signal(SIGVTALRM, h, 0);
  on_signal(SIGPROF, h, 0);
  on_signal(SIGRTMIN, h, 0);
  struct itimerval t = {{0, 0}, {0, 2000}};
  setitimer(ITIMER_REAL, &t, 0);
  pause();
  CHECK(n == 1);
  int cl[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_PROCESS_CPUTIME_ID};
  for (int i = 0; i < 3; i++) {
    struct sigevent e = {0};
    e.sigev_notify = SIGEV_SIGNAL;
    e.sigev_signo = SIGRTMIN;
    e.sigev_value.sival_int = i;
    timer_t id;
    CHECK(timer_create(cl[i], &e, &id) == 0);
    struct itimerspec s = {{0, 1000000}, {0, 1000000}}, o;
    CHECK(timer_settime(id, 0, &s, &o) == 0);
    int w = n;
    while (n < w + 2) pause();
    CHECK(timer_gettime(id, &o) == 0);
    say("%d\n", timer_getoverrun(id) >= 0);
    timer_delete(id);
  }
  struct sigevent e = {0};
  e.sigev_notify = SIGEV_THREAD;
  e.sigev_notify_function = tf;
  timer_t id;
  CHECK(timer_create(CLOCK_MONOTONIC, &e, &id) == 0);
  struct itimerspec s = {{0, 0}, {0, 1000000}};
  n = 0;
  timer_settime(id, 0, &s, 0);
  while (__atomic_load_n(&n, 5) < 100) usleep(500);
  int fd = timerfd_create(CLOCK_MONOTONIC, 0);
  timerfd_settime(fd, 0, &s, 0);
  uint64_t c;
  CHECK(read(fd, &c, 8) == 8);
  say("%d\n", (int)c);
  struct sigevent te = {0};
  te.sigev_notify = SIGEV_THREAD_ID;
  te.sigev_signo = SIGRTMIN;
  te._sigev_un._tid = gettid();
  CHECK(timer_create(CLOCK_MONOTONIC, &te, &id) == 0);
  n = 0;
  timer_settime(id, 0, &s, 0);
  while (!n) pause();
  return 0;
}
