// A static executable with threads and a fork.
#include <pthread.h>

#include "program.h"
static void* work(void* argument) {
  say("thread %d\n", gettid());
  return argument;
}
int main(void) {
  pthread_t threads[3];
  for (int i = 0; i < 3; ++i) CHECK(pthread_create(&threads[i], NULL, work, NULL) == 0);
  for (int i = 0; i < 3; ++i) CHECK(pthread_join(threads[i], NULL) == 0);
  pid_t pid = fork();
  if (pid == 0) _exit(2);
  CHECK(WEXITSTATUS(wait_for(pid)) == 2);
  return 0;
}
