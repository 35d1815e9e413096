// A system call number and an ioctl that no kernel knows: ENOSYS and ENOTTY, and the program goes on.
#include <sys/ioctl.h>

#include "program.h"
int main(void) {
  char bytes[64] = "untouched";
  CHECK(syscall(4000, bytes, 1, 2) == -1 && errno == ENOSYS);
  int ends[2];
  CHECK(pipe(ends) == 0);
  CHECK(ioctl(ends[0], 0xc0407fff, bytes) == -1 && errno == ENOTTY);
  CHECK(strcmp(bytes, "untouched") == 0);
  say("%d goes on\n", getpid());
  return 0;
}
