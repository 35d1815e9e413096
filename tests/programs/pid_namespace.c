// a new pid namespace by unshare and by clone; its init killed with children alive.
#include <sched.h>

#include "program.h"
static char st[65536];
static int f(void* a) {
  say("pid %d\n", getpid());
  for (int i = 0; i < 3; i++) {
    if (!fork()) {
      pause();
    }
  }
  usleep(2000);
  if (a) return 0;
  pause();
  return 0;
}
int main(void) {
  pid_t p = clone(f, st + 65536, CLONE_NEWPID | SIGCHLD, (void*)1);
  CHECK(p > 0);
  CHECK(wait_for(p) == 0);
  p = clone(f, st + 65536, CLONE_NEWPID | SIGCHLD, 0);
  usleep(8000);
  kill(p, SIGKILL);
  CHECK(wait_for(p) == 9);
  CHECK(unshare(CLONE_NEWPID) == 0);
  p = fork();
  if (!p) {
    say("i am %d\n", getpid());
    pid_t k = fork();
    if (!k) {
      say("and %d of %d\n", getpid(), getppid());
      _exit(0);
    }
    CHECK(waitpid(k, 0, 0) == k);
    _exit(0);
  }
  CHECK(wait_for(p) == 0);
  CHECK(fork() < 0);
  say("%d\n", errno);
  return 0;
}
