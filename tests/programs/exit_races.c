// exit_group, SIGKILL and exec race in processes of many threads.
#include <pthread.h>

#include "program.h"
static pthread_barrier_t b;
static int mode;
static void* t(void* a) {
  long i = (long)a;
  pthread_barrier_wait(&b);
  if (mode == 0) {
    _exit(i);
  }
  if (mode == 1 && i == 3) kill(getpid(), SIGKILL);
  if (mode == 2 && i % 2) _exit(7);
  if (mode == 3) {
    char* v[] = {"true", 0};
    execv("/bin/true", v);
  }
  if (mode == 4) {
    if (i == 2) raise(SIGSEGV);
    syscall(SYS_exit, 0);
  }
  if (mode == 5) {
    if (i & 1) {
      char* v[] = {"true", 0};
      execv("/bin/true", v);
    }
    _exit(0);
  }
  for (;;) sched_yield();
}
int main(void) {
  for (mode = 0; mode < 6; mode++)
    for (int k = 0; k < 2; k++) {
      pid_t p = fork();
      if (!p) {
        pthread_barrier_init(&b, 0, 8);
        pthread_t th;
        for (long i = 0; i < 8; i++) pthread_create(&th, 0, t, (void*)i);
        if (mode == 2) pthread_exit(0);
        for (;;) pause();
      }
      int s = wait_for(p);
      (void)s;
    }
}
