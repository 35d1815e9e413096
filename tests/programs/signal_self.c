// Signals a process sends itself: kill, raise, tgkill, sigqueue; delivered before the call returns.
#include "program.h"
static volatile int count;
static void handler(int number, siginfo_t* info, void* context) {
  (void)context;
  ++count;
  say("signal %d code %d from %d\n", number, info->si_code, info->si_pid);
}
int main(void) {
  on_signal(SIGUSR1, handler, 0);
  kill(getpid(), SIGUSR1);
  CHECK(count == 1);
  raise(SIGUSR1);
  CHECK(count == 2);
  syscall(SYS_tgkill, getpid(), gettid(), SIGUSR1);
  CHECK(count == 3);
  sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 5});
  CHECK(count == 4);
  return 0;
}
