// A thread spins on a flag that another one sets after a computation: neither makes a system call.
#include <pthread.h>

#include "program.h"
static volatile int flag;
static void* spin(void* argument) {
  uint64_t turns = 0;
  while (!flag) ++turns;
  say("%lu turns\n", (unsigned long)turns);
  return argument;
}
int main(void) {
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, spin, NULL) == 0);
  usleep(1000);
  for (volatile int i = 0; i < 10000000; ++i) continue;
  flag = 1;
  CHECK(pthread_join(thread, NULL) == 0);
  return 0;
}
