// a thread dies of SIGABRT, SIGSEGV, SIGQUIT... in children with threads.
#include <pthread.h>
#include <sys/resource.h>

#include "program.h"
static int which;
static void* t(void* a) {
  usleep(1000);
  if (which == 0) *(volatile int*)0 = 1;
  if (which == 1) abort();
  if (which == 2) raise(SIGQUIT);
  if (which == 3) __builtin_trap();
  if (which == 4) raise(SIGSYS);
  pause();
  return 0;
}
int main(void) {
  struct rlimit r = {0, 0};
  setrlimit(RLIMIT_CORE, &r);
  for (which = 0; which < 5; which++) {
    pid_t p = fork();
    if (!p) {
      pthread_t x;
      for (int i = 0; i < 3; i++) pthread_create(&x, 0, t, 0);
      for (;;) pause();
    }
    wait_for(p);
  }
  return 0;
}
