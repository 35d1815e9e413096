// hundreds of queued real-time signals with values, taken by sigtimedwait and by a handler.
#include "program.h"
static int sum;
static void h(int s, siginfo_t* i, void* u) {
  sum += i->si_int;
}
int main(void) {
  sigset_t m;
  sigemptyset(&m);
  sigaddset(&m, SIGRTMIN + 3);
  sigprocmask(SIG_BLOCK, &m, 0);
  for (int i = 0; i < 200; i++) {
    union sigval v = {i};
    CHECK(sigqueue(getpid(), SIGRTMIN + 3, v) == 0);
  }
  siginfo_t si;
  struct timespec z = {0, 0};
  for (int i = 0; i < 100; i++) {
    CHECK(sigtimedwait(&m, &si, &z) == SIGRTMIN + 3 && si.si_int == i);
  }
  on_signal(SIGRTMIN + 3, h, 0);
  sigprocmask(SIG_UNBLOCK, &m, 0);
  say("%d\n", sum);
  CHECK(sum == (100 + 199) * 50);
  CHECK(sigtimedwait(&m, &si, &z) < 0 && errno == EAGAIN);
  return 0;
}
