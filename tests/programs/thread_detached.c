// Detached threads with stacks of their own size, thread-local storage and cancellation.
#include <pthread.h>
#include <semaphore.h>

#include "program.h"
static sem_t done;
static __thread int local = 5;
static void* detached(void* argument) {
  local += (int)(long)argument;
  say("thread-local at %p is %d\n", (void*)&local, local);
  sem_post(&done);
  return NULL;
}
static void* sleeper(void* argument) {
  (void)argument;
  for (;;) pause();
  return NULL;
}
int main(void) {
  CHECK(sem_init(&done, 0, 0) == 0);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, 256 << 10);
  for (long i = 0; i < 3; ++i) {
    pthread_t thread;
    CHECK(pthread_create(&thread, &attributes, detached, (void*)i) == 0);
    CHECK(sem_wait(&done) == 0);
  }
  CHECK(local == 5);
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, sleeper, NULL) == 0);
  CHECK(pthread_cancel(thread) == 0);
  void* result;
  CHECK(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED);
  say("the sleeper was cancelled\n");
  return 0;
}
