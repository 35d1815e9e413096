// A thread executes a program, which takes the leader's place; its leader ends before its own thread does,
// and the status is the thread's.
#include <pthread.h>

#include "program.h"
static void* exec(void* name) {
  execl(name, name, "again", (char*)NULL);
  _exit(1);
}
static void* end_later(void* unused) {
  usleep(10000);
  say("thread %d of %d ends it all\n", gettid(), getpid());
  _exit(9);
}
int main(int count, char** arguments) {
  pthread_t thread;
  say("%d runs\n", getpid());
  CHECK(pthread_create(&thread, NULL, count == 1 ? exec : end_later, arguments[0]) == 0);
  if (count == 1) pause();
  pthread_exit(NULL);
}
