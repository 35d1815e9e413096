// Loops that wait for a flag and do nothing else: one that a signal handler sets, one that another thread
// sets.
#include <pthread.h>

#include "program.h"
static volatile int ticks;
static volatile int flag;
static void handler(int number, siginfo_t* info, void* context) {
  (void)number, (void)info, (void)context;
  ++ticks;
}
static void* spin(void* argument) {
  while (!flag) continue;
  return argument;
}
int main(void) {
  on_signal(SIGALRM, handler, 0);
  ualarm(10000, 10000);
  while (ticks < 3) continue;
  ualarm(0, 0);
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, spin, NULL) == 0);
  usleep(1000);
  flag = 1;
  CHECK(pthread_join(thread, NULL) == 0);
  say("seen\n");
  return 0;
}
