// CLONE_VM without CLONE_THREAD, with and without FILES, FS, SIGHAND.
#include <sched.h>

#include "program.h"
static int x;
static char st[65536];
static int f(void* a) {
  x++;
  say("in %d\n", x);
  if ((long)a & 1) mmap(0, 4096, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return 3;
}
int main(void) {
  int fl[] = {CLONE_VM,
              CLONE_VM | CLONE_FILES,
              CLONE_VM | CLONE_FS,
              CLONE_VM | CLONE_SIGHAND,
              CLONE_VM | CLONE_VFORK,
              CLONE_VFORK,
              CLONE_FILES | CLONE_FS,
              CLONE_VM | CLONE_PARENT,
              CLONE_IO | CLONE_VM | CLONE_SYSVSEM};
  for (int i = 0; i < 9; i++) {
    pid_t p = clone(f, st + 65536, fl[i] | SIGCHLD, (void*)(long)i);
    CHECK(p > 0);
    if (fl[i] & CLONE_PARENT) {
      usleep(20000);
      continue;
    }
    int s;
    CHECK(waitpid(p, &s, 0) == p);
    CHECK(s == 0x300);
  }
  say("%d\n", x);
  pid_t p = clone(f, st + 65536, CLONE_VM, 0);
  int s;
  CHECK(waitpid(p, &s, __WCLONE) == p);
  p = clone(f, st + 65536, CLONE_VM | SIGUSR2, 0);
  signal(SIGUSR2, SIG_IGN);
  CHECK(waitpid(p, &s, __WALL) == p);
  return 0;
}
