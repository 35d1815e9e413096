// threads map, unmap and protect all at once, with a mapping taken over by another thread.
#include <pthread.h>

#include "program.h"
static char* volatile sh[4];
static void* t(void* a) {
  long k = (long)a;
  for (int i = 0; i < 40; i++) {
    char* p = mmap(0, 4096 * (1 + i % 5), 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    p[0] = k;
    char* o = __atomic_exchange_n(&sh[(k + i) % 4], p, 5);
    if (o) {
      CHECK(o[0] < 8);
      munmap(o, 4096);
    }
    if (i % 7 == 0) mprotect(p, 4096, 1);
    usleep(10);
  }
  return 0;
}
int main(void) {
  pthread_t x[6];
  for (long i = 0; i < 6; i++) pthread_create(x + i, 0, t, (void*)i);
  for (int i = 0; i < 6; i++) pthread_join(x[i], 0);
  say("ok\n");
  return 0;
}
