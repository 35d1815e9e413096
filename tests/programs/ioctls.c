// ioctl: FIONREAD and FIONBIO on a pipe, TIOCGWINSZ on what is no terminal, FIOCLEX, SIOCGIFCONF on a socket.
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "program.h"
int main(void) {
  int ends[2], count = -1, on = 1;
  CHECK(pipe(ends) == 0 && write(ends[1], "12345", 5) == 5);
  CHECK(ioctl(ends[0], FIONREAD, &count) == 0 && count == 5);
  CHECK(ioctl(ends[0], FIONBIO, &on) == 0 && ioctl(ends[0], FIOCLEX) == 0);
  struct winsize size;
  CHECK(ioctl(ends[0], TIOCGWINSZ, &size) == -1 && errno == ENOTTY);
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  CHECK(fd >= 0);
  struct ifreq request;
  memset(&request, 0, sizeof request);
  strcpy(request.ifr_name, "lo");
  int result = ioctl(fd, SIOCGIFINDEX, &request);
  say("lo: %d, index %d\n", result, request.ifr_ifindex);
  return 0;
}
