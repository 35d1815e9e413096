// Memory registered with userfaultfd, most of it missing, while nobody serves it.
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>

#include "program.h"

int main(void) {
  int u = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
  struct uffdio_api api = {.api = UFFD_API};
  if (u < 0 || ioctl(u, UFFDIO_API, &api)) {
    say("no\n");
    return 0;
  }
  char* base = mmap(0, 32 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct uffdio_register r = {.range = {(uint64_t)base, 32 * 4096}, .mode = UFFDIO_REGISTER_MODE_MISSING};
  CHECK(ioctl(u, UFFDIO_REGISTER, &r) == 0);
  char* page = aligned_alloc(4096, 4096);
  memset(page, 'u', 4096);
  struct uffdio_copy c = {.dst = (uint64_t)base, .src = (uint64_t)page, .len = 4096};
  CHECK(ioctl(u, UFFDIO_COPY, &c) == 0);
  for (int i = 0; i < 600; i++) getppid();
  say("%c\n", base[5]);
  return 0;
}
