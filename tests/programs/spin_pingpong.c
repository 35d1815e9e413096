// Two threads hand a turn to and fro by spinning on it, and count meanwhile.
#include <pthread.h>

#include "program.h"
static volatile int turn;
static volatile long counted[2];
static void* spin(void* argument) {
  for (int i = 0; i < 5; ++i) {
    while (turn != 1) ++counted[1];
    turn = 0;
  }
  return argument;
}
int main(void) {
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, spin, NULL) == 0);
  for (int i = 0; i < 5; ++i) {
    while (turn != 0) ++counted[0];
    turn = 1;
  }
  CHECK(pthread_join(thread, NULL) == 0);
  say("%ld %ld\n", counted[0], counted[1]);
  return 0;
}
