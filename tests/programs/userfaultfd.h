#pragma once

#include <linux/userfaultfd.h>
#include <sys/ioctl.h>

#include "program.h"

// Pages that somebody has to provide through `descriptor`, which is -1 where the kernel has no userfaultfd(2)
// or does not let the program use it.
struct missing_pages {
  int descriptor;
  char* start;
};

static inline struct missing_pages make_missing_pages(int pages) {
  struct missing_pages made = {syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK), NULL};
  struct uffdio_api api = {.api = UFFD_API};
  if (made.descriptor < 0 || ioctl(made.descriptor, UFFDIO_API, &api)) {
    say("no\n");
    made.descriptor = -1;
    return made;
  }
  made.start = mmap(0, pages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct uffdio_register r = {.range = {(uint64_t)made.start, pages * 4096},
                              .mode = UFFDIO_REGISTER_MODE_MISSING};
  CHECK(ioctl(made.descriptor, UFFDIO_REGISTER, &r) == 0);
  return made;
}
