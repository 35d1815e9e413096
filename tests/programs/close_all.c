// All descriptors closed, also by close_range, standard output last and reopened through a kept duplicate.
#include <linux/close_range.h>

#include "program.h"
int main(void) {
  say("%d closes all\n", getpid());
  CHECK(fcntl(1, F_DUPFD, 500) == 500);
  for (int fd = 0; fd < 100; ++fd) close(fd);
  CHECK(write(1, "x", 1) == -1 && errno == EBADF);
  CHECK(open("/dev/null", O_RDWR) == 0 && dup2(500, 1) == 1);
  say("back\n");
  CHECK(syscall(SYS_close_range, 3, ~0u, 0) == 0);
  CHECK(fcntl(500, F_GETFD) == -1);
  CHECK(syscall(SYS_close_range, 0, ~0u, 0) == 0);
  return 0;
}
