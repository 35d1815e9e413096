// A process that kills itself with SIGKILL.
#include "program.h"
int main(void) {
  say("%d goes\n", getpid());
  kill(getpid(), SIGKILL);
  return 0;
}
