#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>

#include "syscall_scene.h"

namespace bygone {
namespace {

constexpr uint64_t kBad = 8;

sockaddr_in loopback(uint16_t port = 0) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

struct Message {
  uint64_t header = 0, name = 0, control = 0;
};

// A msghdr in the scene's memory with two buffers of 5 and 100 bytes.
Message make_message(Scene& s, uint32_t name_size, size_t control_size) {
  Message message;
  message.name = name_size > 0 ? s.buffer(128) : 0;
  message.control = control_size > 0 ? s.buffer(256) : 0;
  msghdr header{};
  header.msg_name = reinterpret_cast<void*>(message.name);
  header.msg_namelen = name_size;
  header.msg_control = reinterpret_cast<void*>(message.control);
  header.msg_controllen = control_size;
  const iovec parts[] = {{reinterpret_cast<void*>(s.buffer(5)), 5},
                         {reinterpret_cast<void*>(s.buffer(100)), 100}};
  header.msg_iov = reinterpret_cast<iovec*>(s.put(parts));
  header.msg_iovlen = 2;
  message.header = s.put(header);
  return message;
}

void streams(Scene& s) {
  const int64_t listener = s.succeed(SYS_socket, AF_INET, SOCK_STREAM, 0);
  s.succeed(SYS_bind, listener, s.put(loopback()), sizeof(sockaddr_in));
  s.succeed(SYS_listen, listener, 5);
  const uint64_t address = s.buffer(128);
  s.succeed(SYS_getsockname, listener, address, s.put(128));
  s.succeed(SYS_getsockname, listener, s.buffer(128), s.put(4));
  s.call(SYS_getsockname, listener, s.buffer(128), s.put(-1));
  s.call(SYS_getsockname, listener, kBad, s.put(16));
  s.call(SYS_getsockname, listener, s.buffer(16), kBad);
  s.call(SYS_getpeername, listener, s.buffer(128), s.put(128));
  for (const int round : {0, 1, 2}) {
    const int64_t client = s.succeed(SYS_socket, AF_INET, SOCK_STREAM, 0);
    s.succeed(SYS_connect, client, address, sizeof(sockaddr_in));
    const int64_t server = round == 0 ? s.succeed(SYS_accept, listener, s.buffer(128), s.put(128))
                           : round == 1
                               ? s.succeed(SYS_accept4, listener, s.buffer(128), s.put(6), SOCK_NONBLOCK)
                               : s.succeed(SYS_accept4, listener, 0, 0, SOCK_NONBLOCK);
    s.succeed(SYS_getpeername, client, s.buffer(128), s.put(128));
    const uint64_t text = s.text("hello, world");
    s.succeed(SYS_sendto, client, text, 12, 0, 0, 0);
    s.succeed(SYS_recvfrom, server, s.buffer(100), 5, MSG_PEEK, s.buffer(128), s.put(128));
    s.succeed(SYS_recvfrom, server, s.buffer(100), 5, MSG_TRUNC, 0, 0);
    s.succeed(SYS_ioctl, server, FIONREAD, s.buffer(4));
    s.succeed(SYS_ioctl, server, SIOCATMARK, s.buffer(4));
    s.succeed(SYS_ioctl, server, SIOCOUTQ, s.buffer(4));
    s.succeed(SYS_ioctl, server, SIOCOUTQNSD, s.buffer(4));
    const Message message = make_message(s, 128, 0);
    s.succeed(SYS_recvmsg, server, message.header, 0);
    s.succeed(SYS_shutdown, client, SHUT_RDWR);
    s.succeed(SYS_recvmsg, server, message.header, 0);
  }
}

void datagrams(Scene& s) {
  const int64_t one = s.succeed(SYS_socket, AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  const int64_t two = s.succeed(SYS_socket, AF_INET, SOCK_DGRAM, 0);
  s.succeed(SYS_bind, one, s.put(loopback()), sizeof(sockaddr_in));
  const uint64_t address = s.buffer(16);
  s.succeed(SYS_getsockname, one, address, s.put(16));
  s.succeed(SYS_setsockopt, one, SOL_SOCKET, SO_TIMESTAMP, s.put(1), 4);
  const uint64_t text = s.text("0123456789");
  const auto send = [&] { s.succeed(SYS_sendto, two, text, 10, 0, address, sizeof(sockaddr_in)); };
  send();
  s.succeed(SYS_recvfrom, one, s.buffer(100), 4, MSG_TRUNC, s.buffer(128), s.put(128));
  send();
  s.succeed(SYS_recvfrom, one, s.buffer(100), 100, 0, s.buffer(128), s.put(3));
  send();
  s.call(SYS_recvfrom, one, s.buffer(100), 100, 0, kBad, s.put(16));
  for (const uint32_t name_size : {0u, 3u, 128u}) {
    for (const size_t control_size : {0u, 20u, 256u}) {
      send();
      const Message message = make_message(s, name_size, control_size);
      s.succeed(SYS_recvmsg, one, message.header, 0);
      s.call(SYS_recvmsg, one, message.header, 0);
    }
  }
  send();
  s.call(SYS_recvmsg, one, kBad, 0);
  msghdr broken{};
  const iovec parts[] = {{reinterpret_cast<void*>(s.buffer(4)), 4}, {reinterpret_cast<void*>(kBad), 100}};
  broken.msg_iov = reinterpret_cast<iovec*>(s.put(parts));
  broken.msg_iovlen = 2;
  s.call(SYS_recvmsg, one, s.put(broken), 0);
  s.succeed(SYS_ioctl, one, SIOCINQ, s.buffer(4));
  s.call(SYS_ioctl, one, 0x8906 /* SIOCGSTAMP */, s.buffer(16));
  s.call(SYS_ioctl, one, 0x8907 /* SIOCGSTAMPNS */, s.buffer(16));
  s.call(SYS_ioctl, one, SIOCGSTAMP_NEW, s.buffer(16));
}

void many_messages(Scene& s) {
  const uint64_t pair = s.buffer(8);
  s.succeed(SYS_socketpair, AF_UNIX, SOCK_DGRAM, 0, pair);
  const int one = s.get<int>(pair), two = s.get<int>(pair + 4);
  std::array<mmsghdr, 4> out{}, in{};
  for (size_t i = 0; i < 4; ++i) {
    out[i].msg_hdr = s.get<msghdr>(make_message(s, 0, 0).header);
    in[i].msg_hdr = s.get<msghdr>(make_message(s, i == 1 ? 128 : 0, i == 2 ? 64 : 0).header);
  }
  s.succeed(SYS_sendmmsg, one, s.put(out), 3, 0);
  s.succeed(SYS_recvmmsg, two, s.put(in), 4, MSG_DONTWAIT, s.put(std::array<uint64_t, 2>{1, 0}));
  s.call(SYS_recvmmsg, two, s.put(in), 4, MSG_DONTWAIT, s.put(std::array<uint64_t, 2>{1, 0}));
  s.call(SYS_recvmmsg, -1, s.put(in), 4, MSG_DONTWAIT, s.put(std::array<uint64_t, 2>{1, 0}));
}

void descriptors_in_messages(Scene& s) {
  const uint64_t pair = s.buffer(8);
  s.succeed(SYS_socketpair, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
  s.call(SYS_socketpair, AF_INET, SOCK_STREAM, 0, s.buffer(8));
  s.call(SYS_socketpair, 999, SOCK_STREAM, 0, s.buffer(8));
  const int one = s.get<int>(pair), two = s.get<int>(pair + 4);
  for (const size_t room : {256u, 24u, 20u, 8u, 0u}) {
    const Message out = make_message(s, 0, 256);
    auto* header = reinterpret_cast<msghdr*>(out.header);
    auto* control = reinterpret_cast<cmsghdr*>(out.control);
    control->cmsg_len = CMSG_LEN(2 * sizeof(int));
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    std::memcpy(CMSG_DATA(control), std::array<int, 2>{0, 1}.data(), 8);
    header->msg_controllen = CMSG_SPACE(2 * sizeof(int));
    s.succeed(SYS_sendmsg, one, out.header, 0);
    const Message in = make_message(s, 0, room);
    s.succeed(SYS_recvmsg, two, in.header, 0);
  }
  s.succeed(SYS_getsockopt, one, SOL_SOCKET, SO_PEERCRED, s.buffer(12), s.put(12));
  s.call(SYS_getsockopt, one, SOL_SOCKET, SO_PEERSEC, s.buffer(100), s.put(100));
  s.call(SYS_getsockopt, one, SOL_SOCKET, SO_PEERGROUPS, s.buffer(400), s.put(0));
  s.call(SYS_getsockopt, one, SOL_SOCKET, SO_PEERGROUPS, s.buffer(400), s.put(400));
}

void options(Scene& s) {
  const int64_t tcp = s.succeed(SYS_socket, AF_INET, SOCK_STREAM, 0);
  for (const uint64_t length : {0, 1, 4, 100}) {
    for (uint64_t option = 1; option < 80; ++option)
      s.call(SYS_getsockopt, tcp, SOL_SOCKET, option, s.buffer(100), s.put(uint32_t(length)));
  }
  const int64_t udp6 = s.call(SYS_socket, AF_INET6, SOCK_DGRAM, 0);
  for (uint64_t option = 1; option < 80; ++option) {
    if (option != 35) s.call(SYS_getsockopt, tcp, IPPROTO_TCP, option, s.buffer(32), s.put(32));
    s.call(SYS_getsockopt, tcp, IPPROTO_IP, option, s.buffer(32), s.put(32));
    s.call(SYS_getsockopt, udp6, IPPROTO_IPV6, option, s.buffer(32), s.put(32));
  }
  s.succeed(SYS_getsockopt, tcp, IPPROTO_TCP, TCP_INFO, s.buffer(512), s.put(512));
  s.call(SYS_getsockopt, tcp, SOL_SOCKET, SO_TYPE, kBad, s.put(4));
  s.call(SYS_getsockopt, tcp, SOL_SOCKET, SO_TYPE, s.buffer(4), kBad);
  s.call(SYS_getsockopt, tcp, 9999, 1, s.buffer(4), s.put(4));
  s.succeed(SYS_setsockopt, tcp, SOL_SOCKET, SO_REUSEADDR, s.put(1), 4);
  // The length of a filter is in instructions, not bytes.
  const uint64_t filter = s.put(std::array{sock_filter{0x6, 0, 0, 0xffff}, sock_filter{0x6, 0, 0, 0xffff}});
  s.succeed(SYS_setsockopt, tcp, SOL_SOCKET, SO_ATTACH_FILTER,
            s.put(sock_fprog{2, reinterpret_cast<sock_filter*>(filter)}), sizeof(sock_fprog));
  s.call(SYS_getsockopt, tcp, SOL_SOCKET, SO_GET_FILTER, s.buffer(64), s.put(2));
  // Multicast filters are as long as they say themselves.
  struct {
    ip_mreq_source source;
  } membership{};
  membership.source.imr_multiaddr.s_addr = inet_addr("239.1.2.3");
  membership.source.imr_interface.s_addr = htonl(INADDR_LOOPBACK);
  membership.source.imr_sourceaddr.s_addr = inet_addr("127.0.0.2");
  const int64_t udp = s.succeed(SYS_socket, AF_INET, SOCK_DGRAM, 0);
  s.call(SYS_setsockopt, udp, IPPROTO_IP, IP_ADD_SOURCE_MEMBERSHIP, s.put(membership), sizeof membership);
  const uint64_t multicast = s.buffer(64);
  const uint32_t request[] = {membership.source.imr_multiaddr.s_addr, htonl(INADDR_LOOPBACK), 0, 4};
  std::memcpy(reinterpret_cast<void*>(multicast), request, sizeof request);
  s.call(SYS_getsockopt, udp, IPPROTO_IP, IP_MSFILTER, multicast, s.put(16));
}

void interfaces(Scene& s) {
  const int64_t fd = s.succeed(SYS_socket, AF_INET, SOCK_DGRAM, 0);
  const auto request = [&] {
    ifreq interface {};
    std::strcpy(interface.ifr_name, "lo");
    interface.ifr_ifindex = 1;
    return s.put(interface);
  };
  for (const uint64_t code :
       {SIOCGIFFLAGS, SIOCGIFADDR, SIOCGIFDSTADDR, SIOCGIFBRDADDR, SIOCGIFNETMASK, SIOCGIFMETRIC, SIOCGIFMTU,
        SIOCGIFHWADDR, SIOCGIFINDEX, SIOCGIFTXQLEN, SIOCGIFMAP, SIOCGIFNAME, SIOCGIFMEM, SIOCGMIIPHY})
    s.call(SYS_ioctl, fd, code, request());
  ifconf list{};
  list.ifc_len = 400;
  list.ifc_buf = reinterpret_cast<char*>(s.buffer(400));
  s.succeed(SYS_ioctl, fd, SIOCGIFCONF, s.put(list));
  list.ifc_buf = nullptr;
  s.succeed(SYS_ioctl, fd, SIOCGIFCONF, s.put(list));
}

}  // namespace

std::vector<NamedScene> socket_scenes() {
  return {{"Streams", streams},
          {"Datagrams", datagrams},
          {"ManyMessages", many_messages},
          {"DescriptorsInMessages", descriptors_in_messages},
          {"SocketOptions", options},
          {"NetworkInterfaces", interfaces}};
}

}  // namespace bygone
