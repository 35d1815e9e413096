// A process is killed while one of its threads computes and others sleep and wake; its parent watches.
#include <pthread.h>

#include "program.h"
static volatile long sums[100];
static void* compute(void* argument) {
  for (long i = 0;; ++i) sums[i % 100] += i;
  return argument;
}
static void* doze(void* argument) {
  for (;;) usleep(100);
  return argument;
}
int main(void) {
  for (int round = 0; round < 2; ++round) {
    pid_t child = fork();
    if (child == 0) {
      pthread_t thread;
      pthread_create(&thread, NULL, doze, NULL);
      pthread_create(&thread, NULL, doze, NULL);
      pthread_create(&thread, NULL, compute, NULL);
      for (;;) pause();
    }
    usleep(2000);
    kill(child, SIGKILL);
    CHECK(wait_for(child) == SIGKILL);
  }
  return 0;
}
