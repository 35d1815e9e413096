// Writing to a pipe nobody reads: EPIPE when ignored, death when not.
#include "program.h"
int main(void) {
  int ends[2];
  CHECK(pipe(ends) == 0);
  close(ends[0]);
  signal(SIGPIPE, SIG_IGN);
  CHECK(write(ends[1], "x", 1) == -1 && errno == EPIPE);
  say("%d goes on\n", getpid());
  signal(SIGPIPE, SIG_DFL);
  CHECK(write(ends[1], "x", 1) == 1);
  return 0;
}
