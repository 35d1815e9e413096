// A process that shares its maker's memory is killed while it stores into pages that are provided one by one.
#include <poll.h>
#include <sched.h>
#include <signal.h>

#include "userfaultfd.h"

static char* base;
static char stack[65536];

static int touch(void* a) {
  (void)a;
  for (int i = 0; i < 64; i++) base[i * 4096] = i + 1;
  return 0;
}

int main(void) {
  struct missing_pages missing = make_missing_pages(64);
  if (missing.descriptor < 0) return 0;
  int u = missing.descriptor;
  base = missing.start;
  char* page = aligned_alloc(4096, 4096);
  memset(page, 'u', 4096);
  pid_t p = clone(touch, stack + sizeof stack, CLONE_VM | SIGCHLD, 0);
  for (int served = 0; served < 20;) {
    struct pollfd ready = {u, POLLIN, 0};
    struct uffd_msg m;
    if (poll(&ready, 1, 2000) != 1) break;
    if (read(u, &m, sizeof m) != sizeof m) continue;
    struct uffdio_copy c = {.dst = m.arg.pagefault.address & ~4095ull, .src = (uint64_t)page, .len = 4096};
    ioctl(u, UFFDIO_COPY, &c);
    served++;
  }
  usleep(20000);
  kill(p, SIGKILL);
  waitpid(p, 0, 0);
  for (int i = 0; i < 10; i++) say("%d\n", base[i * 4096]);
  return 0;
}
