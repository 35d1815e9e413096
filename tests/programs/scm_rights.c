// A socket pair that carries a descriptor and credentials in control messages.
#include <sys/socket.h>

#include "program.h"
int main(void) {
  int pair[2], ends[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && pipe(ends) == 0);
  pid_t pid = fork();
  char data[10] = "take it";
  struct iovec vector = {data, sizeof data};
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control;
  struct msghdr message = {
      .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  if (pid == 0) {
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control.header), &ends[1], sizeof(int));
    CHECK(sendmsg(pair[1], &message, 0) == sizeof data);
    _exit(0);
  }
  close(ends[1]);
  memset(data, 0, sizeof data);
  CHECK(recvmsg(pair[0], &message, 0) == sizeof data);
  int fd;
  memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
  say("got '%s' and descriptor %d\n", data, fd);
  CHECK(wait_for(pid) == 0);
  CHECK(write(fd, "x", 1) == 1 && read(ends[0], data, 1) == 1);
  struct ucred who;
  socklen_t size = sizeof who;
  CHECK(getsockopt(pair[0], SOL_SOCKET, SO_PEERCRED, &who, &size) == 0);
  say("peer %d\n", who.pid);
  return 0;
}
