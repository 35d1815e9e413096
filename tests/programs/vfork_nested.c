// a vfork child that vforks, forks and runs threads of children; signals blocked and delivered in it.
#include "program.h"
static volatile int n;
static void h(int s, siginfo_t* i, void* u) {
  n++;
}
int main(void) {
  on_signal(SIGUSR1, h, 0);
  pid_t p = vfork();
  if (!p) {
    raise(SIGUSR1);
    pid_t q = vfork();
    if (!q) {
      n += 10;
      _exit(0);
    }
    waitpid(q, 0, 0);
    q = fork();
    if (!q) {
      n += 1000;
      _exit(0);
    }
    waitpid(q, 0, 0);
    execl("/bin/echo", "echo", "nested", NULL);
    _exit(1);
  }
  CHECK(wait_for(p) == 0);
  say("%d\n", n);
  CHECK(n == 11);
  return 0;
}
