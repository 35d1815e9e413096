// vfork, exec fails, _exit; several times; child changes parent memory.
#include "program.h"
int main(void) {
  volatile int n = 0;
  for (int i = 0; i < 5; i++) {
    pid_t p = vfork();
    if (!p) {
      n++;
      execl("/nonexistent", "x", NULL);
      _exit(7);
    }
    int st;
    waitpid(p, &st, 0);
    CHECK(WEXITSTATUS(st) == 7);
  }
  say("%d\n", n);
  CHECK(n == 5);
  pid_t p = vfork();
  if (!p) {
    execl("/bin/echo", "echo", "hi", NULL);
    _exit(1);
  }
  CHECK(wait_for(p) == 0);
  p = vfork();
  if (!p) {
    kill(getpid(), SIGKILL);
  }
  wait_for(p);
  return 0;
}
