// rdtsc in threads, in a forked child and after exec.
#include <pthread.h>
#include <x86intrin.h>

#include "program.h"
static void* work(void* argument) {
  for (int i = 0; i < 3; ++i) say("%d: %llu\n", gettid(), (unsigned long long)__rdtsc());
  return argument;
}
int main(int argc, char** argv) {
  work(NULL);
  if (argc > 1) return 0;
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, work, NULL) == 0 && pthread_join(thread, NULL) == 0);
  pid_t pid = fork();
  if (pid == 0) {
    work(NULL);
    execl("/proc/self/exe", argv[0], "again", (char*)NULL);
    _exit(127);
  }
  CHECK(wait_for(pid) == 0);
  return 0;
}
