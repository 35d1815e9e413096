// Calls that write their results over the structures that say where those go.
#include <linux/sched.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "program.h"
static void show(const char* what, const void* bytes, size_t size) {
  unsigned sum = 0;
  for (size_t i = 0; i < size; ++i) sum = sum * 31 + ((const unsigned char*)bytes)[i];
  say("%s %08x\n", what, sum);
}
int main(void) {
  struct clone_args arguments = {.flags = CLONE_PIDFD, .exit_signal = SIGCHLD};
  arguments.pidfd = (uint64_t)&arguments.pidfd;
  const long child = syscall(SYS_clone3, &arguments, sizeof arguments);
  if (child == 0) _exit(3);
  CHECK(child > 0 && WEXITSTATUS(wait_for((pid_t)child)) == 3);
  say("pidfd %d\n", (int)arguments.pidfd);
  CHECK(close((int)arguments.pidfd) == 0);

  const int udp = socket(AF_INET, SOCK_DGRAM, 0);
  union {
    struct ifconf request;
    char bytes[4096];
  } interfaces = {.request = {.ifc_len = 4096, .ifc_buf = interfaces.bytes + 8}};
  CHECK(udp >= 0 && ioctl(udp, SIOCGIFCONF, &interfaces) == 0);
  show("interfaces", &interfaces, 200);

  const int tcp = socket(AF_INET, SOCK_STREAM, 0);
  union {
    socklen_t length;
    char bytes[32];
  } name = {.length = 20};
  CHECK(tcp >= 0 && getsockopt(tcp, IPPROTO_TCP, TCP_CONGESTION, &name, &name.length) == 0);
  show("congestion", &name, sizeof name);

  // The first message is the second one's header.
  int ends[2];
  char target[64] = "";
  struct iovec into = {target, sizeof target};
  struct msghdr header = {.msg_iov = &into, .msg_iovlen = 1};
  struct mmsghdr messages[2];
  memset(messages, 0, sizeof messages);
  struct iovec over = {&messages[1], sizeof header}, elsewhere = {target + 32, 16};
  messages[0].msg_hdr.msg_iov = &over;
  messages[1].msg_hdr.msg_iov = &elsewhere;
  messages[0].msg_hdr.msg_iovlen = messages[1].msg_hdr.msg_iovlen = 1;
  CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0);
  CHECK(write(ends[0], &header, sizeof header) == sizeof header && write(ends[0], "the second", 10) == 10);
  CHECK(recvmmsg(ends[1], messages, 2, MSG_DONTWAIT, NULL) == 2);
  say("%s %s\n", target, target + 32);
  return 0;
}
