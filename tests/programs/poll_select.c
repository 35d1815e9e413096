// poll, ppoll, select and pselect with timeouts, ready descriptors and none.
#include <poll.h>
#include <sys/select.h>

#include "program.h"
int main(void) {
  int ends[2];
  CHECK(pipe(ends) == 0);
  struct pollfd fds[2] = {{ends[0], POLLIN, 0}, {ends[1], POLLOUT, 0}};
  CHECK(poll(fds, 1, 10) == 0);
  CHECK(poll(fds, 2, 10) == 1 && fds[1].revents == POLLOUT);
  struct timespec short_time = {0, 5000000};
  CHECK(ppoll(fds, 1, &short_time, NULL) == 0);
  fd_set in, out;
  FD_ZERO(&in);
  FD_ZERO(&out);
  FD_SET(ends[0], &in);
  FD_SET(ends[1], &out);
  struct timeval timeout = {1, 0};
  CHECK(select(ends[1] + 1, &in, &out, NULL, &timeout) == 1 && FD_ISSET(ends[1], &out));
  say("%ld.%06ld left\n", (long)timeout.tv_sec, (long)timeout.tv_usec);
  CHECK(write(ends[1], "x", 1) == 1);
  FD_SET(ends[0], &in);
  CHECK(pselect(ends[0] + 1, &in, NULL, NULL, &short_time, NULL) == 1 && FD_ISSET(ends[0], &in));
  timeout.tv_sec = 0;
  timeout.tv_usec = 3000;
  CHECK(select(0, NULL, NULL, NULL, &timeout) == 0);
  return 0;
}
