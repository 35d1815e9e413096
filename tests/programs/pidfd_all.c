// pidfd_open, pidfd_send_signal, pidfd_getfd, waitid P_PIDFD, poll, PIDFD_THREAD, process_madvise,
// process_mrelease.
#include <poll.h>
#include <sys/uio.h>

#include "program.h"
int main(void) {
  int p[2];
  pipe(p);
  pid_t k = fork();
  if (!k) {
    for (;;) pause();
  }
  int f = syscall(SYS_pidfd_open, k, 0);
  CHECK(f >= 0);
  int g = syscall(SYS_pidfd_getfd, f, p[1], 0);
  CHECK(g >= 0 && write(g, "got", 3) == 3);
  char b[4];
  read(p[0], b, 3);
  struct iovec v = {b, 4};
  say("%ld\n", syscall(440, f, &v, 1, 20, 0));
  struct pollfd q = {f, POLLIN, 0};
  CHECK(poll(&q, 1, 0) == 0);
  CHECK(syscall(SYS_pidfd_send_signal, f, SIGTERM, 0, 0) == 0);
  CHECK(poll(&q, 1, -1) == 1);
  siginfo_t si;
  CHECK(waitid(3, f, &si, WEXITED) == 0);
  say("%d\n", si.si_status);
  CHECK(syscall(SYS_pidfd_send_signal, f, 0, 0, 0) < 0 && errno == ESRCH);
  return 0;
}
