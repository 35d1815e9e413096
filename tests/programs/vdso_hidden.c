// Whether the program was told of a vDSO. Ends with 0 if not (as when recorded), with 10 if so.
#include <sys/auxv.h>

#include "program.h"
int main(void) {
  unsigned long vdso = getauxval(AT_SYSINFO_EHDR);
  say("vdso at %#lx\n", vdso);
  return vdso == 0 ? 0 : 10;
}
