// real-time signals queue in order, lowest first; blocked then unblocked.
#include "program.h"
static void h(int s, siginfo_t* i, void* u) {
  say("%d %d\n", s - SIGRTMIN, i->si_value.sival_int);
}
int main(void) {
  sigset_t m;
  sigfillset(&m);
  for (int i = 0; i < 5; i++) on_signal(SIGRTMIN + i, h, 0);
  sigprocmask(SIG_BLOCK, &m, 0);
  for (int i = 0; i < 20; i++) {
    union sigval v = {i};
    CHECK(sigqueue(getpid(), SIGRTMIN + (i * 3) % 5, v) == 0);
  }
  raise(SIGRTMIN + 2);
  sigpending(&m);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, 0);
  say("done\n");
  return 0;
}
