// Output that no write(2) makes: sendfile, splice, tee, copy_file_range and vmsplice to standard output.
#include <sys/sendfile.h>
#include <sys/uio.h>

#include "program.h"
int main(void) {
  char name[] = "/tmp/bygone-send-XXXXXX";
  int fd = mkstemp(name), ends[2];
  CHECK(fd >= 0 && unlink(name) == 0 && pipe(ends) == 0);
  CHECK(dprintf(fd, "process %d says this\n", getpid()) > 0);
  off_t size = lseek(fd, 0, SEEK_END), from = 0;
  ssize_t sent = sendfile(1, fd, &from, (size_t)size);
  CHECK(sent == size && from == size);
  CHECK(write(ends[1], "through a pipe\n", 15) == 15);
  ssize_t moved = splice(ends[0], NULL, 1, NULL, 15, 0);
  if (moved < 0) {
    char text[15];
    CHECK(read(ends[0], text, 15) == 15 && write(1, text, 15) == 15);
  }
  loff_t at = 0;
  ssize_t copied = copy_file_range(fd, &at, 1, NULL, (size_t)size, 0);
  struct iovec vector = {"spliced memory\n", 15};
  CHECK(vmsplice(ends[1], &vector, 1, 0) == 15);
  moved = splice(ends[0], NULL, 1, NULL, 15, 0);
  dprintf(2, "copy_file_range %zd, splice %zd\n", copied, moved);
  return 0;
}
