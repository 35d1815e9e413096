// ppoll, pselect, sigsuspend that let one signal in; EINTR with pending signals at entry.
#include <poll.h>
#include <sys/select.h>

#include "program.h"
static volatile int n;
static void h(int s, siginfo_t* i, void* u) {
  n++;
}
int main(void) {
  on_signal(SIGUSR1, h, SA_RESTART);
  sigset_t m, o;
  sigemptyset(&m);
  sigaddset(&m, SIGUSR1);
  sigprocmask(SIG_BLOCK, &m, &o);
  raise(SIGUSR1);
  CHECK(n == 0);
  struct timespec ts = {2, 0};
  CHECK(ppoll(0, 0, &ts, &o) < 0 && errno == EINTR && n == 1);
  raise(SIGUSR1);
  CHECK(pselect(0, 0, 0, 0, &ts, &o) < 0 && errno == EINTR && n == 2);
  raise(SIGUSR1);
  sigsuspend(&o);
  CHECK(n == 3);
  ts.tv_sec = 0;
  ts.tv_nsec = 1000;
  CHECK(ppoll(0, 0, &ts, &o) == 0);
  return 0;
}
