// Priority-inheriting and robust mutexes: the kernel writes owner words, also when an owner dies.
#include <pthread.h>

#include "program.h"
static pthread_mutex_t robust, inheriting;
static void* die_with_it(void* argument) {
  CHECK(pthread_mutex_lock(&robust) == 0);
  return argument;
}
static long count;
static void* work(void* argument) {
  for (int i = 0; i < 50; ++i) {
    CHECK(pthread_mutex_lock(&inheriting) == 0);
    ++count;
    if (i % 10 == 0) usleep(100);
    CHECK(pthread_mutex_unlock(&inheriting) == 0);
  }
  return argument;
}
int main(void) {
  pthread_mutexattr_t attributes;
  CHECK(pthread_mutexattr_init(&attributes) == 0);
  CHECK(pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST) == 0);
  CHECK(pthread_mutex_init(&robust, &attributes) == 0);
  CHECK(pthread_mutexattr_init(&attributes) == 0);
  CHECK(pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT) == 0);
  CHECK(pthread_mutex_init(&inheriting, &attributes) == 0);
  pthread_t threads[3];
  CHECK(pthread_create(&threads[0], NULL, die_with_it, NULL) == 0 && pthread_join(threads[0], NULL) == 0);
  CHECK(pthread_mutex_lock(&robust) == EOWNERDEAD);
  CHECK(pthread_mutex_consistent(&robust) == 0 && pthread_mutex_unlock(&robust) == 0);
  for (int i = 0; i < 3; ++i) CHECK(pthread_create(&threads[i], NULL, work, NULL) == 0);
  for (int i = 0; i < 3; ++i) CHECK(pthread_join(threads[i], NULL) == 0);
  CHECK(count == 150);
  say("count %ld, owner word %#x\n", count, *(unsigned*)&inheriting);
  return 0;
}
