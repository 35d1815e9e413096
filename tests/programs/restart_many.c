// calls restarted after stop and continue: nanosleep, poll, futex, read, with and without handlers.
#include <poll.h>

#include "program.h"
int main(void) {
  for (int k = 0; k < 4; k++) {
    int p[2];
    pipe(p);
    pid_t c = fork();
    if (!c) {
      char b;
      struct timespec ts = {0, 8000000};
      if (k == 0) CHECK(nanosleep(&ts, 0) == 0);
      if (k == 1) CHECK(poll(0, 0, 8) == 0);
      if (k == 2) CHECK(read(p[0], &b, 1) == 1);
      if (k == 3) {
        int f = 0;
        CHECK(syscall(SYS_futex, &f, 0, 0, &ts, 0, 0) < 0 && errno == ETIMEDOUT);
      }
      _exit(0);
    }
    usleep(1500);
    for (int i = 0; i < 3; i++) {
      kill(c, SIGSTOP);
      usleep(300);
      kill(c, SIGCONT);
      usleep(300);
    }
    write(p[1], "x", 1);
    CHECK(wait_for(c) == 0);
  }
  return 0;
}
