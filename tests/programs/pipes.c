// Pipes between processes: blocking, non-blocking, larger than the buffer, end of file.
#include "program.h"
int main(void) {
  int ends[2];
  CHECK(pipe2(ends, O_CLOEXEC) == 0);
  pid_t pid = fork();
  if (pid == 0) {
    close(ends[0]);
    static char block[300000];
    for (size_t i = 0; i < sizeof block; ++i) block[i] = (char)(i * 7);
    CHECK(write(ends[1], block, sizeof block) == sizeof block);
    _exit(0);
  }
  close(ends[1]);
  size_t total = 0;
  unsigned sum = 0;
  char bytes[5000];
  int reads = 0;
  for (ssize_t got; (got = read(ends[0], bytes, sizeof bytes)) > 0; ++reads) {
    for (ssize_t i = 0; i < got; ++i) sum = sum * 31 + (unsigned char)bytes[i];
    total += (size_t)got;
  }
  say("%zu bytes in %d reads, sum %#x\n", total, reads, sum);
  CHECK(total == 300000 && wait_for(pid) == 0);
  CHECK(pipe2(ends, O_NONBLOCK) == 0 && read(ends[0], bytes, 1) == -1 && errno == EAGAIN);
  return 0;
}
