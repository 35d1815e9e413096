// A private file mapping written to: the file keeps its bytes; the file changes where the mapping has no copy
// yet.
#include "program.h"
int main(void) {
  char name[] = "/tmp/bygone-private-XXXXXX";
  int fd = mkstemp(name);
  CHECK(fd >= 0 && unlink(name) == 0);
  for (int i = 0; i < 3000; ++i) CHECK(dprintf(fd, "line %d\n", i) > 0);
  char* view = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  CHECK(view != MAP_FAILED);
  memcpy(view, "LINE", 4);
  char text[5] = "";
  CHECK(pread(fd, text, 4, 0) == 4 && strcmp(text, "line") == 0);
  char* runs = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 4096);
  CHECK(runs != MAP_FAILED);
  say("%.4s %.20s\n", view, runs);
  CHECK(mprotect(view, 4096, PROT_READ) == 0);
  return memcmp(view, "LINE 0", 6) == 0 ? 0 : 1;
}
