// prctl: names of threads, parent-death signal, dumpable, securebits, subreaper; personality; arch_prctl.
#include <asm/prctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>

#include "program.h"
int main(void) {
  char name[17] = "";
  int value = -1;
  CHECK(prctl(PR_SET_NAME, "renamed") == 0 && prctl(PR_GET_NAME, name) == 0 && strcmp(name, "renamed") == 0);
  CHECK(prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && prctl(PR_GET_PDEATHSIG, &value) == 0 && value == SIGTERM);
  CHECK(prctl(PR_SET_PDEATHSIG, 0) == 0);
  CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0 && prctl(PR_GET_CHILD_SUBREAPER, &value) == 0 && value == 1);
  unsigned long base = 0;
  CHECK(syscall(SYS_arch_prctl, ARCH_GET_FS, &base) == 0 && base != 0);
  say("fs base %#lx, personality %#x, dumpable %d\n", base, personality(0xffffffff), prctl(PR_GET_DUMPABLE));
  CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
  return 0;
}
