// Memory registered with userfaultfd, most of it missing, while nobody serves it.
#include "userfaultfd.h"

int main(void) {
  struct missing_pages missing = make_missing_pages(32);
  if (missing.descriptor < 0) return 0;
  char* page = aligned_alloc(4096, 4096);
  memset(page, 'u', 4096);
  struct uffdio_copy c = {.dst = (uint64_t)missing.start, .src = (uint64_t)page, .len = 4096};
  CHECK(ioctl(missing.descriptor, UFFDIO_COPY, &c) == 0);
  for (int i = 0; i < 600; i++) getppid();
  say("%c\n", missing.start[5]);
  return 0;
}
