// A thread faults and handles it while others compute and block.
#include <pthread.h>
#include <setjmp.h>

#include "program.h"
static __thread sigjmp_buf back;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static void handler(int number, siginfo_t* info, void* context) {
  (void)number, (void)context;
  say("thread %d faulted at %p\n", gettid(), info->si_addr);
  siglongjmp(back, 1);
}
static void* work(void* argument) {
  for (int i = 0; i < 5; ++i) {
    if (sigsetjmp(back, 1) == 0) *(volatile long*)(16 + 8 * (long)argument) = 1;
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
  }
  return argument;
}
int main(void) {
  on_signal(SIGSEGV, handler, 0);
  pthread_t threads[4];
  for (long i = 0; i < 4; ++i) CHECK(pthread_create(&threads[i], NULL, work, (void*)i) == 0);
  for (long i = 0; i < 4; ++i) CHECK(pthread_join(threads[i], NULL) == 0);
  return 0;
}
