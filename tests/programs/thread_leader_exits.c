// The leader ends with pthread_exit; another thread goes on and ends the process.
#include <pthread.h>

#include "program.h"
static void* survivor(void* argument) {
  usleep(20000);
  say("process %d lives on in thread %d\n", getpid(), gettid());
  exit(6);
  return argument;
}
int main(void) {
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, survivor, NULL) == 0);
  pthread_exit(NULL);
}
