// SIGALRM that nobody handles ends the process in the middle of a read.
#include "program.h"
int main(void) {
  int ends[2];
  char byte;
  CHECK(pipe(ends) == 0);
  say("%d waits\n", getpid());
  ualarm(50000, 0);
  CHECK(read(ends[0], &byte, 1) == 1);
  return 0;
}
