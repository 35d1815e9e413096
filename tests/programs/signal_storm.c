// Signal storms: queued signals that answer each other between processes, and threads that signal their
// process.
#include <pthread.h>

#include "program.h"
static volatile int got, rts;
static void h(int s, siginfo_t* i, void* c) {
  got++;
  if (s == SIGRTMIN && i->si_value.sival_int > 0) {
    union sigval v = {i->si_value.sival_int - 1};
    if (i->si_pid) sigqueue(i->si_pid, SIGRTMIN, v);
  }
}
static void* t(void* a) {
  for (int i = 0; i < 50; i++) {
    kill(getpid(), SIGUSR1 + (i & 1) * 2);
    if (i % 5 == 0) sched_yield();
  }
  return 0;
}
int main(void) {
  on_signal(SIGRTMIN, h, SA_RESTART);
  on_signal(SIGUSR1, h, 0);
  on_signal(SIGUSR2, h, 0);
  pid_t parent = getpid(), k[3];
  for (int i = 0; i < 3; i++)
    if (!(k[i] = fork())) {
      for (int n = 0; n < 20; n++) {
        union sigval v = {5};
        sigqueue(parent, SIGRTMIN, v);
      }
      for (int n = 0; n < 20; n++) {
        struct timespec ts = {0, 1000000};
        nanosleep(&ts, 0);
      }
      _exit(0);
    }
  pthread_t th[3];
  for (int i = 0; i < 3; i++) pthread_create(&th[i], 0, t, 0);
  for (int i = 0; i < 3; i++) pthread_join(th[i], 0);
  for (int i = 0; i < 3; i++) {
    int s;
    while (waitpid(k[i], &s, 0) < 0 && errno == EINTR)
      ;
  }
  say("got %d\n", got);
}
