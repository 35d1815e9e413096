// Each process makes the next and ends, until nobody reads any more: the first one must get its turn
// meanwhile.
#include "program.h"

int main(void) {
  int ends[2];
  CHECK(pipe(ends) == 0);
  pid_t pid = fork();
  if (pid == 0) {
    close(ends[0]);
    signal(SIGPIPE, SIG_IGN);
    while (write(ends[1], "x", 1) == 1)
      if (fork() != 0) _exit(0);
    _exit(0);
  }
  close(ends[1]);
  char bytes[10];
  for (size_t seen = 0; seen < 30;) {
    const ssize_t size = read(ends[0], bytes, sizeof bytes);
    CHECK(size > 0);
    seen += (size_t)size;
  }
  close(ends[0]);
  CHECK(wait_for(pid) == 0);
  return 0;
}
