// fcntl and flock: duplicates, flags, record locks between processes, a lock that has to be waited for.
#include <sys/file.h>

#include "program.h"
int main(void) {
  char name[] = "/tmp/bygone-lock-XXXXXX";
  int fd = mkstemp(name);
  CHECK(fd >= 0 && unlink(name) == 0);
  CHECK(fcntl(fd, F_DUPFD_CLOEXEC, 50) == 50 && fcntl(50, F_GETFD) == FD_CLOEXEC);
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 10};
  CHECK(fcntl(fd, F_SETLK, &lock) == 0);
  int ends[2];
  CHECK(pipe(ends) == 0);
  pid_t pid = fork();
  if (pid == 0) {
    struct flock ask = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 5, .l_len = 1};
    CHECK(fcntl(fd, F_GETLK, &ask) == 0 && ask.l_type == F_WRLCK && ask.l_pid == getppid());
    say("held by %d from %ld\n", ask.l_pid, (long)ask.l_start);
    CHECK(write(ends[1], "x", 1) == 1);
    ask.l_type = F_WRLCK;
    ask.l_start = 5;
    ask.l_len = 1;
    CHECK(fcntl(fd, F_SETLKW, &ask) == 0);
    say("child has it\n");
    _exit(0);
  }
  char byte;
  CHECK(read(ends[0], &byte, 1) == 1);
  usleep(10000);
  lock.l_type = F_UNLCK;
  CHECK(fcntl(fd, F_SETLK, &lock) == 0);
  CHECK(wait_for(pid) == 0);
  CHECK(flock(fd, LOCK_EX | LOCK_NB) == 0 && flock(fd, LOCK_UN) == 0);
  return 0;
}
