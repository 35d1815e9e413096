// Datagrams: sendto, recvfrom, recvmmsg, sendmmsg with truncated and empty messages.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "program.h"
int main(void) {
  int a = socket(AF_INET, SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}}, from;
  socklen_t size = sizeof to;
  CHECK(bind(b, (struct sockaddr*)&to, size) == 0 && getsockname(b, (struct sockaddr*)&to, &size) == 0);
  CHECK(sendto(a, "first", 5, 0, (struct sockaddr*)&to, sizeof to) == 5);
  char text[4];
  size = sizeof from;
  CHECK(recvfrom(b, text, sizeof text, MSG_TRUNC, (struct sockaddr*)&from, &size) == 5);
  say("%.4s from port %d\n", text, ntohs(from.sin_port));
  struct iovec out[3] = {{"aa", 2}, {"bbbb", 4}, {"", 0}};
  struct mmsghdr messages[3];
  memset(messages, 0, sizeof messages);
  CHECK(connect(a, (struct sockaddr*)&to, sizeof to) == 0);
  for (int i = 0; i < 3; ++i) messages[i].msg_hdr.msg_iov = &out[i], messages[i].msg_hdr.msg_iovlen = 1;
  CHECK(sendmmsg(a, messages, 3, 0) == 3);
  char in[3][10] = {"", "", ""};
  for (int i = 0; i < 3; ++i) {
    out[i].iov_base = in[i];
    out[i].iov_len = 10;
  }
  CHECK(recvmmsg(b, messages, 3, MSG_WAITFORONE, NULL) == 3);
  for (int i = 0; i < 3; ++i) say("%u bytes: %s\n", messages[i].msg_len, in[i]);
  return 0;
}
