// Pages that are write-protected by userfaultfd(2) before they exist: whoever reads one asks the program.
#include "userfaultfd.h"
#ifndef UFFD_FEATURE_WP_UNPOPULATED
#define UFFD_FEATURE_WP_UNPOPULATED (1 << 13)
#endif
int main(void) {
  const int served = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
  struct uffdio_api api = {.api = UFFD_API,
                           .features = UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_WP_UNPOPULATED};
  if (served < 0 || ioctl(served, UFFDIO_API, &api) != 0) {
    say("no\n");
    return 0;
  }
  char* pages = mmap(NULL, 8 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  pages[0] = 'b';
  struct uffdio_register all = {.range = {(uint64_t)pages, 8 * 4096},
                                .mode = UFFDIO_REGISTER_MODE_MISSING | UFFDIO_REGISTER_MODE_WP};
  CHECK(ioctl(served, UFFDIO_REGISTER, &all) == 0);
  struct uffdio_writeprotect protect = {.range = all.range, .mode = UFFDIO_WRITEPROTECT_MODE_WP};
  CHECK(ioctl(served, UFFDIO_WRITEPROTECT, &protect) == 0);
  // Nothing describes it: all memory is watched.
  say("%ld %d %c\n", syscall(SYS_bpf, 99, NULL, 0), errno, pages[0]);
  return 0;
}
