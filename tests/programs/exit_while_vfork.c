// a vfork parent is killed while its child still uses its memory.
#include "program.h"
int main(void) {
  int p[2];
  pipe(p);
  pid_t a = fork();
  if (!a) {
    pid_t b = vfork();
    if (!b) {
      write(p[1], "v", 1);
      usleep(4000);
      write(p[1], "w", 1);
      _exit(0);
    }
    _exit(0);
  }
  char c;
  read(p[0], &c, 1);
  kill(a, SIGKILL);
  wait_for(a);
  close(p[1]);
  CHECK(read(p[0], &c, 1) == 1 && c == 'w');
  return 0;
}
