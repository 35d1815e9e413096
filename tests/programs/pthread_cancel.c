// cancellation, asynchronous and deferred, cleanup handlers, key destructors, atfork, once.
#include <pthread.h>

#include "program.h"
static pthread_key_t k;
static void d(void* a) {
  say("destroy\n");
}
static void cl(void* a) {
  say("clean %ld\n", (long)a);
}
static void* t(void* a) {
  pthread_setspecific(k, (void*)1);
  pthread_cleanup_push(cl, a);
  if ((long)a == 1) {
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, 0);
  }
  for (;;) pause();
  pthread_cleanup_pop(0);
  return 0;
}
static void af(void) {
  say("prepare\n");
}
int main(void) {
  pthread_key_create(&k, d);
  pthread_atfork(af, 0, 0);
  pthread_t x[2];
  for (long i = 0; i < 2; i++) pthread_create(x + i, 0, t, (void*)i);
  usleep(2000);
  for (int i = 0; i < 2; i++) {
    void* r;
    pthread_cancel(x[i]);
    pthread_join(x[i], &r);
    CHECK(r == PTHREAD_CANCELED);
  }
  pid_t p = fork();
  if (!p) _exit(0);
  CHECK(wait_for(p) == 0);
  return 0;
}
