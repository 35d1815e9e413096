// exit_group from a thread while others block in read, futex and nanosleep.
#include <pthread.h>

#include "program.h"
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int ends[2];
static void* in_read(void* argument) {
  char byte;
  CHECK(read(ends[0], &byte, 1) == 1);
  return argument;
}
static void* in_futex(void* argument) {
  pthread_mutex_lock(&mutex);
  return argument;
}
static void* in_sleep(void* argument) {
  sleep(1000);
  return argument;
}
static void* ender(void* argument) {
  usleep(20000);
  say("thread %d ends process %d\n", gettid(), getpid());
  _exit(9);
  return argument;
}
int main(void) {
  pthread_t thread;
  CHECK(pipe(ends) == 0);
  pthread_mutex_lock(&mutex);
  CHECK(pthread_create(&thread, NULL, in_read, NULL) == 0);
  CHECK(pthread_create(&thread, NULL, in_futex, NULL) == 0);
  CHECK(pthread_create(&thread, NULL, in_sleep, NULL) == 0);
  CHECK(pthread_create(&thread, NULL, ender, NULL) == 0);
  for (;;) pause();
}
