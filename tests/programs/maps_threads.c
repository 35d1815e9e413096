// Thread stacks and their guard pages come and go in one address space.
#include <pthread.h>

#include "maps.h"
static pthread_barrier_t barrier;
static void* work(void* argument) {
  pthread_barrier_wait(&barrier);
  pthread_barrier_wait(&barrier);
  return argument;
}
int main(void) {
  pthread_t threads[3];
  pthread_barrier_init(&barrier, NULL, 4);
  for (int i = 0; i < 3; ++i) CHECK(pthread_create(&threads[i], NULL, work, NULL) == 0);
  pthread_barrier_wait(&barrier);
  print_maps("three threads");
  pthread_barrier_wait(&barrier);
  for (int i = 0; i < 3; ++i) CHECK(pthread_join(threads[i], NULL) == 0);
  print_maps("none");
  return 0;
}
