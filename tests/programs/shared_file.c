// A MAP_SHARED file changed through the mapping, by write(2), by another process and by truncation.
#include "program.h"
int main(void) {
  char name[] = "/tmp/bygone-shared-XXXXXX";
  int fd = mkstemp(name);
  CHECK(fd >= 0 && unlink(name) == 0 && ftruncate(fd, 3 * 4096) == 0);
  char* one = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  char* two = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 4096);
  CHECK(one != MAP_FAILED && two != MAP_FAILED);
  strcpy(one + 4096, "through the mapping");
  CHECK(strcmp(two, "through the mapping") == 0);
  CHECK(pwrite(fd, "by write", 9, 4096) == 9);
  CHECK(strcmp(two, "by write") == 0);
  pid_t pid = fork();
  if (pid == 0) {
    strcpy(one + 4096, "by a child");
    CHECK(pwrite(fd, "child's write", 14, 0) == 14);
    _exit(0);
  }
  CHECK(wait_for(pid) == 0);
  say("%s and %s\n", one, two);
  CHECK(strcmp(two, "by a child") == 0 && strcmp(one, "child's write") == 0);
  char back[20];
  CHECK(pread(fd, back, sizeof back, 4096) == sizeof back && strcmp(back, "by a child") == 0);
  CHECK(msync(one, 4096, MS_SYNC) == 0);
  return 0;
}
