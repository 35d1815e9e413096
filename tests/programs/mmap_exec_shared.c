// a file mapped shared by a parent and by an executed child that stores into it.
#include "program.h"
int main(int c, char** v) {
  if (c > 1) {
    char* p = mmap(0, 4096, 3, MAP_SHARED, open(v[1], O_RDWR), 0);
    say("%s\n", p);
    strcpy(p, "from child");
    return 0;
  }
  char n[] = "/tmp/mesXXXXXX";
  int fd = mkstemp(n);
  ftruncate(fd, 4096);
  char* p = mmap(0, 4096, 3, MAP_SHARED, fd, 0);
  strcpy(p, "from parent");
  pid_t k = fork();
  if (!k) {
    execl("/proc/self/exe", "x", n, NULL);
  }
  CHECK(wait_for(k) == 0);
  CHECK(!strcmp(p, "from child"));
  say("%s\n", p);
  unlink(n);
  return 0;
}
