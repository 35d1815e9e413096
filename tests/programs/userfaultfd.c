// userfaultfd served by a thread.
#include "userfaultfd.h"

#include <poll.h>
#include <pthread.h>
static int u;
static void* s(void* a) {
  char* pg = aligned_alloc(4096, 4096);
  memset(pg, 'u', 4096);
  for (int i = 0; i < 3; i++) {
    struct pollfd q = {u, POLLIN, 0};
    poll(&q, 1, -1);
    struct uffd_msg m;
    if (read(u, &m, sizeof m) != sizeof m) return 0;
    struct uffdio_copy c = {m.arg.pagefault.address & ~4095ull, (uint64_t)pg, 4096, 0, 0};
    ioctl(u, UFFDIO_COPY, &c);
  }
  return 0;
}
int main(void) {
  struct missing_pages missing = make_missing_pages(3);
  if (missing.descriptor < 0) return 0;
  u = missing.descriptor;
  char* p = missing.start;
  pthread_t t;
  pthread_create(&t, 0, s, 0);
  say("%c\n", p[0]);
  say("%c\n", p[4096]);
  say("%c\n", p[8192]);
  pthread_join(t, 0);
  return 0;
}
