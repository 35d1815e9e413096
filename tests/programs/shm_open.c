// POSIX shared memory opened by name in two processes that map it at different addresses.
#include "program.h"
int main(void) {
  char name[60];
  snprintf(name, sizeof name, "/bygone-test-%d-%ld", getpid(), (long)time(NULL));
  int fd = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600);
  CHECK(fd >= 0 && ftruncate(fd, 4096) == 0);
  volatile int* mine = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  CHECK(mine != MAP_FAILED);
  mine[0] = 1;
  pid_t pid = fork();
  if (pid == 0) {
    int again = shm_open(name, O_RDWR, 0);
    volatile int* theirs = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, again, 0);
    CHECK(theirs != mine && theirs[0] == 1);
    theirs[0] = 2;
    say("%p in %d\n", (void*)theirs, getpid());
    _exit(0);
  }
  int status = wait_for(pid);
  CHECK(shm_unlink(name) == 0);
  CHECK(status == 0 && mine[0] == 2);
  return 0;
}
