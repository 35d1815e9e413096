// Eight threads count under one mutex.
#include <pthread.h>

#include "program.h"
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long count;
static void* work(void* argument) {
  for (int i = 0; i < 500; ++i) {
    pthread_mutex_lock(&mutex);
    ++count;
    if (i % 100 == 0) sched_yield();
    pthread_mutex_unlock(&mutex);
  }
  say("thread %ld is %d, its stack near %p\n", (long)argument, gettid(), (void*)&argument);
  return argument;
}
int main(void) {
  pthread_t threads[8];
  for (long i = 0; i < 8; ++i) CHECK(pthread_create(&threads[i], NULL, work, (void*)i) == 0);
  for (long i = 0; i < 8; ++i) {
    void* result;
    CHECK(pthread_join(threads[i], &result) == 0 && result == (void*)i);
  }
  CHECK(count == 4000);
  say("count %ld\n", count);
  return 0;
}
