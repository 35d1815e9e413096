// read(2) into a page that is missing, which another thread provides when the kernel asks for it.
#include <poll.h>
#include <pthread.h>

#include "userfaultfd.h"
static struct missing_pages missing;
static void* provide(void* unused) {
  static char page[4096] __attribute__((aligned(4096)));
  memset(page, 'p', sizeof page);
  struct pollfd asked = {missing.descriptor, POLLIN, 0};
  CHECK(poll(&asked, 1, -1) == 1);
  struct uffd_msg message;
  CHECK(read(missing.descriptor, &message, sizeof message) == sizeof message);
  CHECK(message.event == UFFD_EVENT_PAGEFAULT);
  struct uffdio_copy copy = {
      .dst = message.arg.pagefault.address & ~4095ull, .src = (uint64_t)page, .len = sizeof page};
  CHECK(ioctl(missing.descriptor, UFFDIO_COPY, &copy) == 0);
  return unused;
}
int main(void) {
  missing = make_missing_pages(2);
  if (missing.descriptor < 0) return 0;
  int ends[2];
  CHECK(pipe(ends) == 0 && write(ends[1], "sixsix", 6) == 6);
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, provide, NULL) == 0);
  CHECK(read(ends[0], missing.start + 4096, 6) == 6);
  CHECK(pthread_join(thread, NULL) == 0);
  say("%.8s\n", missing.start + 4096);
  CHECK(memcmp(missing.start + 4096, "sixsixpp", 8) == 0);
  return 0;
}
