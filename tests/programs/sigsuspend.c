// sigsuspend lets exactly one blocked signal in and restores the mask.
#include "program.h"
static volatile int count;
static void handler(int number, siginfo_t* info, void* context) {
  (void)info, (void)context;
  ++count;
  say("signal %d\n", number);
}
int main(void) {
  sigset_t block, old, now;
  on_signal(SIGUSR1, handler, 0);
  sigemptyset(&block);
  sigaddset(&block, SIGUSR1);
  CHECK(sigprocmask(SIG_BLOCK, &block, &old) == 0);
  pid_t parent = getpid();
  pid_t pid = fork();
  if (pid == 0) {
    kill(parent, SIGUSR1);
    _exit(0);
  }
  CHECK(sigsuspend(&old) == -1 && errno == EINTR);
  CHECK(count == 1);
  CHECK(sigprocmask(SIG_SETMASK, NULL, &now) == 0 && sigismember(&now, SIGUSR1));
  CHECK(wait_for(pid) == 0);
  return 0;
}
