// background writes and reads on a terminal: SIGTTOU, SIGTTIN, tcsetpgrp, orphaned group.
#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "program.h"
int main(void) {
  int m;
  pid_t p = forkpty(&m, 0, 0, 0);
  if (!p) {
    struct termios t;
    tcgetattr(0, &t);
    t.c_lflag |= TOSTOP;
    tcsetattr(0, TCSANOW, &t);
    pid_t q = fork();
    if (!q) {
      setpgid(0, 0);
      char b;
      write(1, "bg\n", 3);
      read(0, &b, 1);
      _exit(4);
    }
    setpgid(q, q);
    int st;
    CHECK(waitpid(q, &st, WUNTRACED) == q);
    dprintf(1, "stopped %d\n", WSTOPSIG(st));
    signal(SIGTTOU, SIG_IGN);
    tcsetpgrp(0, q);
    kill(q, SIGCONT);
    usleep(2000);
    CHECK(waitpid(q, &st, 0) == q);
    tcsetpgrp(0, getpgrp());
    dprintf(1, "ended %x\n", st);
    _exit(0);
  }
  char b[500];
  ssize_t r;
  int fed = 0;
  for (;;) {
    r = read(m, b, 500);
    if (r <= 0) break;
    write(1, b, r);
    if (!fed++) write(m, "line\n", 5);
  }
  CHECK(wait_for(p) == 0);
  return 0;
}
