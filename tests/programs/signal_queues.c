// Queued signals all come before the program goes on, however many; and a loop that waits for the signals of
// a fast timer ends.
#include <sys/time.h>

#include "program.h"
static volatile int handled;
static void count(int number, siginfo_t* info, void* context) {
  (void)number, (void)info, (void)context;
  ++handled;
}
int main(void) {
  sigset_t queued;
  sigemptyset(&queued);
  sigaddset(&queued, SIGRTMIN);
  sigaddset(&queued, SIGUSR1);
  on_signal(SIGRTMIN, count, 0);
  on_signal(SIGUSR1, count, 0);
  on_signal(SIGALRM, count, 0);
  CHECK(sigprocmask(SIG_BLOCK, &queued, NULL) == 0);
  for (int i = 0; i < 30; ++i) CHECK(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = i}) == 0);
  CHECK(kill(getpid(), SIGUSR1) == 0);
  CHECK(sigprocmask(SIG_UNBLOCK, &queued, NULL) == 0);
  const int at_once = handled;
  say("%d came at once\n", at_once);
  CHECK(at_once == 31);
  for (int us = 8000; us >= 100; us /= 4) {
    handled = 0;
    struct itimerval often = {{0, us}, {0, us}}, never = {{0, 0}, {0, 0}};
    CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
    while (handled < 5) continue;
    say("%d of a timer of %d us\n", handled, us);
    CHECK(setitimer(ITIMER_REAL, &never, NULL) == 0);
  }
  return 0;
}
