// a CLONE_VM child goes on when its parent ends, with exec in one of them.
#include <sched.h>

#include "program.h"
static char st[65536];
static volatile int done;
static int f(void* a) {
  usleep(5000);
  done = 1;
  say("child after\n");
  return 0;
}
static int g(void* a) {
  execl("/bin/echo", "echo", "execd", NULL);
  return 1;
}
int main(void) {
  pid_t p = clone(g, st + 65536, CLONE_VM | SIGCHLD, 0);
  CHECK(wait_for(p) == 0);
  p = clone(f, st + 65536, CLONE_VM | SIGCHLD, 0);
  _exit(0);
}
