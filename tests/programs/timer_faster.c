// A timer faster than its handler can be recorded: the program goes on all the same.
#include "program.h"
static volatile int count;
static void handler(int number, siginfo_t* info, void* context) {
  (void)number, (void)info, (void)context;
  ++count;
}
int main(void) {
  on_signal(SIGRTMIN, handler, SA_RESTART);
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
  timer_t timer;
  CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
  struct itimerspec every = {{0, 20000}, {0, 20000}};
  CHECK(timer_settime(timer, 0, &every, NULL) == 0);
  sigset_t set, before;
  sigemptyset(&set);
  sigaddset(&set, SIGRTMIN);
  for (int i = 0; i < 10; ++i) {
    CHECK(sigprocmask(SIG_BLOCK, &set, &before) == 0);
    int blocked_from = count;
    getppid();
    CHECK(count == blocked_from);
    CHECK(sigprocmask(SIG_SETMASK, &before, NULL) == 0);
    for (volatile int k = 0; k < 1000; ++k) continue;
  }
  CHECK(timer_delete(timer) == 0);
  say("%d signals\n", count);
  CHECK(count > 0);
  return 0;
}
