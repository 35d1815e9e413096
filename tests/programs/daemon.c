// A daemon by double fork in a session of its own that outlives the first process.
#include "program.h"
int main(void) {
  int ends[2];
  CHECK(pipe(ends) == 0);
  pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    CHECK(setsid() == getpid());
    pid_t second = fork();
    if (second != 0) _exit(second < 0);
    CHECK(chdir("/") == 0);
    umask(0);
    usleep(30000);
    say("daemon %d of session %d\n", getpid(), getsid(0));
    close(ends[0]);
    CHECK(write(ends[1], "x", 1) == 1);
    usleep(30000);
    say("daemon ends\n");
    _exit(0);
  }
  CHECK(wait_for(pid) == 0);
  char byte;
  CHECK(read(ends[0], &byte, 1) == 1);
  say("first ends\n");
  return 0;
}
