// vfork in several threads at once, children that exec and that exit, and one killed.
#include <pthread.h>

#include "program.h"
static void* t(void* a) {
  for (int i = 0; i < 4; i++) {
    pid_t p = vfork();
    if (!p) {
      if ((long)a == 0) _exit(3);
      if ((long)a == 1) execl("/bin/true", "true", NULL);
      raise(SIGKILL);
    }
    int st;
    waitpid(p, &st, 0);
  }
  return 0;
}
int main(void) {
  pthread_t x[3];
  for (long i = 0; i < 3; i++) pthread_create(x + i, 0, t, (void*)i);
  for (int i = 0; i < 3; i++) pthread_join(x[i], 0);
  say("ok\n");
  return 0;
}
