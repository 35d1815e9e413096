// Threads that make short calls all the time and count in shared memory between them: none may run between
// another one's count and its call.
#include <pthread.h>

#include "program.h"

static volatile long count;

static void* work(void* which) {
  for (int i = 0; i < 2500; i++) {
    const long seen = count;
    syscall(SYS_gettid);
    count = seen + 1;
    if (i % 100 == (long)which * 30) sched_yield();
  }
  return NULL;
}

int main(void) {
  pthread_t threads[3];
  for (long i = 0; i < 3; i++) pthread_create(&threads[i], NULL, work, (void*)i);
  for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
  say("counted to %ld\n", count);
  return 0;
}
