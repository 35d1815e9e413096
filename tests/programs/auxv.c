// The auxiliary vector: random bytes, program headers, the entry point.
#include <sys/auxv.h>

#include "program.h"
int main(void) {
  const unsigned char* random = (const unsigned char*)getauxval(AT_RANDOM);
  CHECK(random != NULL);
  for (int i = 0; i < 16; ++i) say("%02x", random[i]);
  say("\nphdr %#lx entry %#lx page %lu uid %lu clock %lu\n", getauxval(AT_PHDR), getauxval(AT_ENTRY),
      getauxval(AT_PAGESZ), getauxval(AT_UID), getauxval(AT_CLKTCK));
  say("runs as %s\n", (const char*)getauxval(AT_EXECFN));
  CHECK(getauxval(AT_PAGESZ) == 4096);
  return 0;
}
