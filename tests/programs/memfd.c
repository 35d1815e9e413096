// A memfd written, sealed, mapped twice, sent to a child by inheritance.
#include "program.h"
int main(void) {
  int fd = memfd_create("scratch", MFD_ALLOW_SEALING);
  CHECK(fd >= 0 && write(fd, "hello", 6) == 6 && ftruncate(fd, 8192) == 0);
  char* shared = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  char* private_ = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  CHECK(shared != MAP_FAILED && private_ != MAP_FAILED);
  CHECK(strcmp(private_, "hello") == 0);
  private_[0] = 'j';
  CHECK(strcmp(shared, "hello") == 0);
  pid_t pid = fork();
  if (pid == 0) {
    shared[1] = 'a';
    private_[1] = 'o';
    _exit(0);
  }
  CHECK(wait_for(pid) == 0);
  say("%s %s at %p\n", shared, private_, (void*)shared);
  CHECK(strcmp(shared, "hallo") == 0 && strcmp(private_, "jello") == 0);
  CHECK(munmap(shared, 8192) == 0);
  CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) == 0);
  CHECK(write(fd, "x", 1) == -1 && errno == EPERM);
  return 0;
}
