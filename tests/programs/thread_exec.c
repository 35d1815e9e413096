// A thread that is not the leader execs while others block: it takes the leader's tid.
#include <pthread.h>

#include "program.h"
static void* block(void* argument) {
  (void)argument;
  for (;;) pause();
  return NULL;
}
static void* exec(void* argument) {
  say("thread %d of process %d execs\n", gettid(), getpid());
  execl("/bin/sh", "sh", "-c", "echo now $$; exit 4", (char*)NULL);
  return argument;
}
int main(void) {
  pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    pthread_t thread;
    pthread_create(&thread, NULL, block, NULL);
    pthread_create(&thread, NULL, exec, NULL);
    for (;;) pause();
  }
  CHECK(WEXITSTATUS(wait_for(pid)) == 4);
  return 0;
}
