// pthread_kill to threads that block and that run.
#include <pthread.h>

#include "program.h"
static volatile int handled[4];
static volatile int ready[4];
static __thread long mine;
static void handler(int number, siginfo_t* info, void* context) {
  (void)number, (void)info, (void)context;
  handled[mine] = gettid();
}
static void* work(void* argument) {
  mine = (long)argument;
  ready[mine] = 1;
  while (handled[mine] == 0) usleep(1000);
  return NULL;
}
int main(void) {
  on_signal(SIGUSR1, handler, 0);
  pthread_t threads[4];
  for (long i = 0; i < 4; ++i) CHECK(pthread_create(&threads[i], NULL, work, (void*)i) == 0);
  for (long i = 0; i < 4; ++i)
    while (!ready[i]) usleep(1000);
  usleep(20000);
  for (long i = 0; i < 4; ++i) CHECK(pthread_kill(threads[i], SIGUSR1) == 0);
  for (long i = 0; i < 4; ++i) {
    CHECK(pthread_join(threads[i], NULL) == 0);
    say("thread %ld was %d\n", i, handled[i]);
  }
  return 0;
}
