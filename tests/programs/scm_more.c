// SCM_RIGHTS with truncation, SCM_CREDENTIALS, peek, recvmmsg, sendmmsg, seqpacket, dgram.
#include <sys/socket.h>
#include <sys/un.h>

#include "program.h"
int main(void) {
  int s[2];
  socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s);
  int one = 1;
  setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &one, 4);
  char cb[200], d[64] = "data";
  struct iovec io = {d, 5};
  struct msghdr m = {0};
  m.msg_iov = &io;
  m.msg_iovlen = 1;
  m.msg_control = cb;
  m.msg_controllen = CMSG_SPACE(12);
  struct cmsghdr* c = CMSG_FIRSTHDR(&m);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(12);
  int f[3] = {0, 1, 2};
  memcpy(CMSG_DATA(c), f, 12);
  CHECK(sendmsg(s[0], &m, 0) == 5);
  CHECK(sendmsg(s[0], &m, 0) == 5);
  CHECK(recv(s[1], d, 2, MSG_PEEK | MSG_TRUNC) == 5);
  memset(cb, 0xee, 200);
  m.msg_controllen = CMSG_SPACE(sizeof(struct ucred)) + CMSG_LEN(4);
  io.iov_len = 3;
  int r = recvmsg(s[1], &m, 0);
  say("%d flags %x len %zu\n", r, m.msg_flags, m.msg_controllen);
  m.msg_controllen = 200;
  io.iov_len = 64;
  r = recvmsg(s[1], &m, MSG_CMSG_CLOEXEC);
  say("%d flags %x len %zu\n", r, m.msg_flags, m.msg_controllen);
  int sum = 0;
  for (int i = 0; i < 200; i++) sum += cb[i];
  say("%d\n", sum);
  int g[2];
  socketpair(AF_UNIX, SOCK_DGRAM, 0, g);
  struct mmsghdr mm[4];
  char bb[4][16];
  struct iovec iv[4];
  memset(mm, 0, sizeof mm);
  for (int i = 0; i < 4; i++) {
    sprintf(bb[i], "m%d", i);
    iv[i].iov_base = bb[i];
    iv[i].iov_len = 3;
    mm[i].msg_hdr.msg_iov = iv + i;
    mm[i].msg_hdr.msg_iovlen = 1;
  }
  CHECK(sendmmsg(g[0], mm, 3, 0) == 3);
  memset(bb, 0, sizeof bb);
  for (int i = 0; i < 4; i++) iv[i].iov_len = 16;
  struct timespec ts = {0, 1000000};
  r = recvmmsg(g[1], mm, 4, MSG_DONTWAIT, &ts);
  say("%d %s %s %d\n", r, bb[0], bb[2], mm[1].msg_len);
  struct sockaddr_un a;
  socklen_t al = 2;
  r = getsockname(g[0], (void*)&a, &al);
  say("%d %d\n", r, al);
  return 0;
}
