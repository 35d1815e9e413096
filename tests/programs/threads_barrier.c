// Threads meet at a barrier and read-write locks; every round's winner is printed.
#include <pthread.h>

#include "program.h"
static pthread_barrier_t barrier;
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static int winners[10];
static void* work(void* argument) {
  for (int round = 0; round < 10; ++round) {
    if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) {
      pthread_rwlock_wrlock(&lock);
      winners[round] = (int)(long)argument + 1;
      pthread_rwlock_unlock(&lock);
    }
    pthread_rwlock_rdlock(&lock);
    pthread_rwlock_unlock(&lock);
  }
  return NULL;
}
int main(void) {
  pthread_t threads[4];
  CHECK(pthread_barrier_init(&barrier, NULL, 4) == 0);
  for (long i = 0; i < 4; ++i) CHECK(pthread_create(&threads[i], NULL, work, (void*)i) == 0);
  for (long i = 0; i < 4; ++i) CHECK(pthread_join(threads[i], NULL) == 0);
  for (int round = 0; round < 10; ++round) {
    CHECK(winners[round] != 0);
    say("round %d: thread %d\n", round, winners[round]);
  }
  return 0;
}
