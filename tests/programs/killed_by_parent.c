// A parent kills its children with SIGKILL: one that blocks, one that polls, one with threads.
#include <pthread.h>

#include "program.h"
static void* block(void* argument) {
  for (;;) pause();
  return argument;
}
static void threads(void) {
  pthread_t thread;
  for (int i = 0; i < 3; ++i) pthread_create(&thread, NULL, block, NULL);
  block(NULL);
}
static void blocks(void) {
  block(NULL);
}
static void polls(void) {
  for (;;) usleep(1000);
}
int main(void) {
  void (*ways[])(void) = {blocks, polls, threads};
  for (int i = 0; i < 3; ++i) {
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
      ways[i]();
      _exit(0);
    }
    usleep(30000);
    CHECK(kill(pid, SIGKILL) == 0);
    CHECK(WTERMSIG(wait_for(pid)) == SIGKILL);
  }
  return 0;
}
