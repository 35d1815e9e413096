// sigtimedwait and sigwaitinfo take queued signals, in order, with their values; then a timeout.
#include "program.h"
int main(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGRTMIN);
  CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  for (int i = 1; i <= 3; ++i) CHECK(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = i}) == 0);
  sigset_t pending;
  CHECK(sigpending(&pending) == 0 && sigismember(&pending, SIGRTMIN));
  for (int i = 1; i <= 3; ++i) {
    siginfo_t info;
    CHECK(sigwaitinfo(&set, &info) == SIGRTMIN && info.si_value.sival_int == i);
    say("value %d from %d\n", info.si_value.sival_int, info.si_pid);
  }
  struct timespec timeout = {0, 10000000};
  CHECK(sigtimedwait(&set, NULL, &timeout) == -1 && errno == EAGAIN);
  return 0;
}
