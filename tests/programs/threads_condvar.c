// Eight threads pass a token round and round through condition variables.
#include <pthread.h>

#include "program.h"
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turn = PTHREAD_COND_INITIALIZER;
static long token;
static void* work(void* argument) {
  const long mine = (long)argument;
  for (int round = 0; round < 20; ++round) {
    pthread_mutex_lock(&mutex);
    while (token % 8 != mine) pthread_cond_wait(&turn, &mutex);
    ++token;
    pthread_cond_broadcast(&turn);
    pthread_mutex_unlock(&mutex);
  }
  say("thread %ld (%d) is done\n", mine, gettid());
  return NULL;
}
int main(void) {
  pthread_t threads[8];
  for (long i = 0; i < 8; ++i) CHECK(pthread_create(&threads[i], NULL, work, (void*)i) == 0);
  for (long i = 0; i < 8; ++i) CHECK(pthread_join(threads[i], NULL) == 0);
  CHECK(token == 160);
  say("token %ld\n", token);
  return 0;
}
