// Threads add to one counter without a lock, long enough to be preempted: additions are lost, the same ones
// again.
#include <pthread.h>

#include "program.h"
static volatile long total;
static void* add(void* argument) {
  for (int i = 0; i < 60000000; ++i) ++total;
  return argument;
}
int main(void) {
  pthread_t threads[3];
  for (int i = 0; i < 3; ++i) CHECK(pthread_create(&threads[i], NULL, add, NULL) == 0);
  for (int i = 0; i < 3; ++i) CHECK(pthread_join(threads[i], NULL) == 0);
  say("%ld\n", total);
  return 0;
}
