// Restartable sequences are not offered to recorded programs; glibc copes either way.
#include "program.h"
int main(void) {
  static char area[64] __attribute__((aligned(32)));
  long result = syscall(SYS_rseq, area, 32, 0, 0x53053053);
  say("rseq: %ld, errno %d\n", result, result < 0 ? errno : 0);
  return 0;
}
