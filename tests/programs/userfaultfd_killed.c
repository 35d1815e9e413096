// A process that shares its maker's memory is killed while it stores into pages that are provided one by one.
#include <linux/userfaultfd.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>

#include "program.h"

static char* base;
static char stack[65536];

static int touch(void* a) {
  (void)a;
  for (int i = 0; i < 64; i++) base[i * 4096] = i + 1;
  return 0;
}

int main(void) {
  int u = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
  struct uffdio_api api = {.api = UFFD_API};
  if (u < 0 || ioctl(u, UFFDIO_API, &api)) {
    say("no\n");
    return 0;
  }
  base = mmap(0, 64 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct uffdio_register r = {.range = {(uint64_t)base, 64 * 4096}, .mode = UFFDIO_REGISTER_MODE_MISSING};
  CHECK(ioctl(u, UFFDIO_REGISTER, &r) == 0);
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
