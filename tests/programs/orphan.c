// A child that outlives its parent: the recording ends with the last task, its status is the first one's.
#include "program.h"
int main(void) {
  pid_t parent = getpid(), pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    while (getppid() == parent) usleep(2000);
    say("orphan %d has parent %d now\n", getpid(), getppid() != parent);
    usleep(20000);
    say("orphan ends\n");
    _exit(55);
  }
  say("parent %d ends\n", parent);
  return 5;
}
