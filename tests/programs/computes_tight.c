// A thread computes in a loop of short instructions, without a call, while the others live and the process
// ends.
#include <pthread.h>

#include "program.h"
static volatile long sums[100];
static void* compute(void* argument) {
  for (long i = 0;; ++i) sums[i % 100] += i;
  return argument;
}
int main(void) {
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, compute, NULL) == 0);
  usleep(1000);
  say("%d\n", sums[1] > 0);
  return 0;
}
