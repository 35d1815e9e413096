// A thread ends inside read(2) into a page that nobody ever provides.
#include <pthread.h>

#include "userfaultfd.h"
static struct missing_pages missing;
static int ends[2];
static void* wait_for_bytes(void* unused) {
  (void)unused;
  read(ends[0], missing.start + 4096, 4096);
  _exit(2);  // nothing is ever written
}
int main(void) {
  missing = make_missing_pages(3);
  if (missing.descriptor < 0) return 0;
  CHECK(pipe(ends) == 0);
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, wait_for_bytes, NULL) == 0);
  // Long enough for digests of memory while the call is under way.
  for (int i = 0; i < 2000; ++i) CHECK(getppid() > 0);
  usleep(20000);
  for (int i = 0; i < 2000; ++i) CHECK(getppid() > 0);
  say("over\n");
  return 0;
}
