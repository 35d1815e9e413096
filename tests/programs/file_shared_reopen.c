// maps a file, unmaps, writes to it, maps again, in turns, also in another process between.
#include "program.h"
int main(void) {
  char n[] = "/tmp/fsrXXXXXX";
  int fd = mkstemp(n);
  ftruncate(fd, 4096);
  for (int i = 0; i < 5; i++) {
    char* p = mmap(0, 4096, 3, MAP_SHARED, fd, 0);
    say("%d\n", p[0]);
    p[0]++;
    munmap(p, 4096);
    char b;
    pread(fd, &b, 1, 0);
    b++;
    pwrite(fd, &b, 1, 0);
    if (i == 2) {
      pid_t k = fork();
      if (!k) {
        char* q = mmap(0, 4096, 3, MAP_SHARED, open(n, O_RDWR), 0);
        q[0] += 10;
        _exit(0);
      }
      wait_for(k);
    }
  }
  unlink(n);
  return 0;
}
