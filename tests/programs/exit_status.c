// The status of the first process: main's return value, cut to eight bits.
#include "program.h"
static void at_exit(void) {
  say("leaving %d\n", getpid());
}
int main(void) {
  atexit(at_exit);
  return 256 + 37;
}
