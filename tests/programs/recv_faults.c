// Messages that arrive and are then found to have nowhere to go: their bytes are there all the same.
#include <netinet/in.h>
#include <sys/socket.h>

#include "program.h"

static int to_myself(struct sockaddr_in* at) {
  int s = socket(AF_INET, SOCK_DGRAM, 0);
  socklen_t length = sizeof *at;
  *at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  CHECK(bind(s, (void*)at, sizeof *at) == 0);
  CHECK(getsockname(s, (void*)at, &length) == 0);
  return s;
}

int main(void) {
  struct sockaddr_in at;
  int s = to_myself(&at), on = 1;
  char text[64];
  memset(text, '-', sizeof text);
  socklen_t negative = -1;
  sendto(s, "hello there", 11, 0, (void*)&at, sizeof at);
  long r = syscall(SYS_recvfrom, s, text, 63, 0, &at, &negative);
  say("%ld %d %.12s\n", r, errno, text);

  s = to_myself(&at);
  sendto(s, "first!", 6, 0, (void*)&at, sizeof at);
  sendto(s, "second", 6, 0, (void*)&at, sizeof at);
  char b[2][16];
  memset(b, '-', sizeof b);
  struct iovec v[2] = {{b[0], 15}, {b[1], 15}};
  struct mmsghdr h[2];
  memset(h, 0, sizeof h);
  for (int i = 0; i < 2; i++) {
    h[i].msg_hdr.msg_iov = v + i;
    h[i].msg_hdr.msg_iovlen = 1;
  }
  h[1].msg_hdr.msg_name = (void*)16;
  h[1].msg_hdr.msg_namelen = 16;
  r = syscall(SYS_recvmmsg, s, h, 2, MSG_DONTWAIT, 0);
  say("%ld %.15s %.15s\n", r, b[0], b[1]);

  s = to_myself(&at);
  CHECK(setsockopt(s, SOL_SOCKET, SO_TIMESTAMP, &on, sizeof on) == 0);
  sendto(s, "first!", 6, 0, (void*)&at, sizeof at);
  char* p = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(mprotect(p + 4096, 4096, PROT_NONE) == 0);
  memset(p, '-', 4096);
  // Room for the control message's header, and no more.
  struct iovec w = {text, 16};
  struct msghdr m = {.msg_iov = &w, .msg_iovlen = 1, .msg_control = p + 4096 - 20, .msg_controllen = 200};
  r = recvmsg(s, &m, 0);
  unsigned sum = 0;
  for (int i = 0; i < 4096; i++) sum = sum * 31 + (unsigned char)p[i];
  say("%ld %x %zu %x\n", r, m.msg_flags, m.msg_controllen, sum);
  return 0;
}
