#include "store/message.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "schema/codec.h"

namespace bygone {

namespace {

constexpr size_t kLongestMessageBytes = 128 << 10;

std::filesystem::path socket_path(const std::filesystem::path& store) {
  return store / "service.sock";
}

// A sockaddr_un holds 107 characters; through a descriptor of its directory any path fits.
class SocketAddress {
 public:
  explicit SocketAddress(const std::filesystem::path& path)
      : directory_(::open(path.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
    address_.sun_family = AF_UNIX;
    const std::string name = fmt::format("/proc/self/fd/{}/{}", directory_, path.filename().string());
    name.copy(address_.sun_path, sizeof address_.sun_path - 1);
  }
  ~SocketAddress() {
    if (directory_ >= 0) ::close(directory_);
  }
  SocketAddress(const SocketAddress&) = delete;
  SocketAddress& operator=(const SocketAddress&) = delete;
  const sockaddr* address() const { return reinterpret_cast<const sockaddr*>(&address_); }
  static constexpr socklen_t size() { return sizeof(sockaddr_un); }

 private:
  int directory_;
  sockaddr_un address_{};
};

bool is_of_same_user(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == ::geteuid();
}

tl::unexpected<Error> gone() {
  return fail(ErrorKind::io, "trace service", "is gone", "look for its end in service.log in the store");
}

}  // namespace

std::vector<std::byte> encode_message(const Message& message) {
  std::vector<std::byte> bytes;
  WireWriter out(bytes);
  out.put_unsigned(uint64_t(message.type));
  out.put_unsigned(message.texts.size());
  for (const std::string& text : message.texts) wire::put(out, text);
  out.put_unsigned(message.numbers.size());
  for (const uint64_t number : message.numbers) out.put_unsigned(number);
  return bytes;
}

Expected<Message> decode_message(std::span<const std::byte> bytes) {
  const auto damaged = [] { return fail(ErrorKind::bad_data, "message", "is not one of ours"); };
  Message message;
  WireReader in(bytes);
  uint64_t type = 0, texts = 0, numbers = 0;
  if (!in.get_unsigned(type) || type == 0 || type > uint64_t(MessageType::amend)) return damaged();
  message.type = MessageType(type);
  if (!in.get_unsigned(texts) || texts > bytes.size()) return damaged();
  message.texts.resize(texts);
  for (std::string& text : message.texts)
    if (!wire::get(in, text)) return damaged();
  if (!in.get_unsigned(numbers) || numbers > bytes.size()) return damaged();
  message.numbers.resize(numbers);
  for (uint64_t& number : message.numbers)
    if (!in.get_unsigned(number)) return damaged();
  if (!in.at_end()) return damaged();
  return message;
}

Message message_of(const Error& error) {
  return {MessageType::refused, {error.object, error.cause, error.mend}, {uint64_t(error.kind)}};
}

Error error_in(const Message& message) {
  if (message.type != MessageType::refused || message.texts.size() != 3 || message.numbers.size() != 1 ||
      message.numbers[0] > uint64_t(ErrorKind::internal))
    return {ErrorKind::internal, "trace service", "gave an answer that is none",
            "recorder and service must be of one build"};
  return {ErrorKind(message.numbers[0]), message.texts[0], message.texts[1], message.texts[2]};
}

Connection::~Connection() {
  if (fd_ >= 0) ::close(fd_);
}
Connection::Connection(Connection&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
Connection& Connection::operator=(Connection&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Expected<void> Connection::send(const Message& message, int descriptor) {
  auto bytes = encode_message(message);
  iovec part{bytes.data(), bytes.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))]{};
  if (descriptor >= 0) {
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(rights), &descriptor, sizeof descriptor);
  }
  ssize_t sent = 0;
  do sent = ::sendmsg(fd_, &header, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  if (sent != ssize_t(bytes.size())) return gone();
  return {};
}

Expected<std::optional<Connection::Received>> Connection::receive(int timeout_ms) {
  pollfd ready{fd_, POLLIN, 0};
  int polled = 0;
  do polled = ::poll(&ready, 1, timeout_ms);
  while (polled < 0 && errno == EINTR);
  if (polled == 0) return std::optional<Received>{};
  std::vector<std::byte> bytes(kLongestMessageBytes);
  iovec part{bytes.data(), bytes.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))]{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  const ssize_t size = ::recvmsg(fd_, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return std::optional<Received>{};
  if (size <= 0) return gone();
  Received received;
  if (const cmsghdr* rights = CMSG_FIRSTHDR(&header);
      rights != nullptr && rights->cmsg_type == SCM_RIGHTS && rights->cmsg_len == CMSG_LEN(sizeof(int)))
    std::memcpy(&received.descriptor, CMSG_DATA(rights), sizeof(int));
  auto message = decode_message(std::span(bytes).first(size_t(size)));
  if (!message) {
    if (received.descriptor >= 0) ::close(received.descriptor);
    return tl::unexpected(message.error());
  }
  received.message = std::move(*message);
  return std::optional<Received>(std::move(received));
}

void Connection::hang_up() {
  ::shutdown(fd_, SHUT_RDWR);
}

bool Connection::is_alive() const {
  char byte = 0;
  const ssize_t got = ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

Expected<Connection> connect_to_service(const std::filesystem::path& store) {
  Connection connection(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  const SocketAddress address(socket_path(store));
  if (connection.fd() < 0 || ::connect(connection.fd(), address.address(), SocketAddress::size()) != 0)
    return fail(ErrorKind::not_found, store.string(), "has no service running");
  if (!is_of_same_user(connection.fd()))
    return fail(ErrorKind::no_permission, store.string(), "is served by another user's process",
                "use a store of your own");
  return connection;
}

Expected<Listener> Listener::create(const std::filesystem::path& store) {
  const std::filesystem::path path = socket_path(store);
  ::unlink(path.c_str());  // of a service that was killed; the caller holds the service's lock
  Listener listener(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), path);
  const SocketAddress address(path);
  const mode_t old_mask = ::umask(0177);
  const bool bound = listener.fd_ >= 0 &&
                     ::bind(listener.fd_, address.address(), SocketAddress::size()) == 0 &&
                     ::listen(listener.fd_, 64) == 0;
  const int error = errno;
  ::umask(old_mask);
  if (!bound)
    return fail(ErrorKind::cannot_create, path.string(),
                fmt::format("cannot be made ({})", std::strerror(error)),
                "check that the store may be written");
  return listener;
}

Listener::Listener(Listener&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}

Listener::~Listener() {
  if (fd_ < 0) return;
  ::unlink(path_.c_str());
  ::close(fd_);
}

std::optional<Connection> Listener::accept(int timeout_ms) {
  pollfd ready{fd_, POLLIN, 0};
  if (::poll(&ready, 1, timeout_ms) <= 0) return std::nullopt;
  const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) return std::nullopt;
  Connection connection(fd);
  if (!is_of_same_user(fd)) return std::nullopt;
  return connection;
}

bool Listener::is_reachable() const {
  std::error_code ignored;
  return std::filesystem::exists(path_, ignored);
}

}  // namespace bygone
