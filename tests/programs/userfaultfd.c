// userfaultfd served by a thread.
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>

#include "program.h"
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
  u = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
  say("%d\n", u >= 0);
  if (u < 0) return 0;
  struct uffdio_api a = {UFFD_API, 0, 0};
  CHECK(ioctl(u, UFFDIO_API, &a) == 0);
  char* p = mmap(0, 12288, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct uffdio_register r = {{(uint64_t)p, 12288}, UFFDIO_REGISTER_MODE_MISSING, 0};
  if (ioctl(u, UFFDIO_REGISTER, &r)) {
    say("no\n");
    return 0;
  }
  pthread_t t;
  pthread_create(&t, 0, s, 0);
  say("%c\n", p[0]);
  say("%c\n", p[4096]);
  say("%c\n", p[8192]);
  pthread_join(t, 0);
  return 0;
}
