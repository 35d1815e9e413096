// a file is mapped shared by one process and truncated and rewritten by another.
#include "program.h"
int main(void) {
  char f[] = "/tmp/smXXXXXX";
  int fd = mkstemp(f);
  ftruncate(fd, 8192);
  char* p = mmap(0, 8192, 3, MAP_SHARED, fd, 0);
  strcpy(p, "first");
  pid_t k = fork();
  if (!k) {
    munmap(p, 8192);
    int g = open(f, O_RDWR | O_TRUNC);
    write(g, "second", 7);
    ftruncate(g, 8192);
    pwrite(g, "page2", 6, 4096);
    _exit(0);
  }
  CHECK(wait_for(k) == 0);
  say("%s %s\n", p, p + 4096);
  CHECK(!strcmp(p, "second") && !strcmp(p + 4096, "page2"));
  k = fork();
  if (!k) {
    execl("/bin/sh", "sh", "-c", "printf THIRD | dd of=$0 conv=notrunc status=none", f, NULL);
  }
  CHECK(wait_for(k) == 0);
  say("%s\n", p);
  unlink(f);
  return 0;
}
