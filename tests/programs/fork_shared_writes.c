// four processes add to counters in shared memory and a shared file, with locks by fcntl.
#include "program.h"
int main(void) {
  char n[] = "/tmp/fswXXXXXX";
  int fd = mkstemp(n);
  ftruncate(fd, 4096);
  int* p = mmap(0, 4096, 3, MAP_SHARED, fd, 0);
  for (int i = 0; i < 4; i++)
    if (!fork()) {
      int g = open(n, O_RDWR);
      for (int k = 0; k < 15; k++) {
        struct flock l = {F_WRLCK, SEEK_SET, 0, 1, 0};
        fcntl(g, F_SETLKW, &l);
        int v = p[0];
        getppid();
        p[0] = v + 1;
        pread(g, &v, 4, 4);
        v++;
        pwrite(g, &v, 4, 4);
        l.l_type = F_UNLCK;
        fcntl(g, F_SETLK, &l);
      }
      _exit(0);
    }
  while (wait(0) > 0)
    ;
  say("%d %d\n", p[0], p[1]);
  CHECK(p[0] == 60 && p[1] == 60);
  unlink(n);
  return 0;
}
