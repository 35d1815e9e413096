#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "schema/error.h"

namespace bygone {

// What recorders and service say to each other beside the ring. Wire values.
enum class MessageType : uint8_t {
  create = 1,    // texts: name or "", program; numbers: durable; with the ring's descriptor
  resume = 2,    // texts: name; numbers: durable, source; with the ring's descriptor
  accepted = 3,  // texts: name; numbers: source
  refused = 4,   // texts: object, cause, mend; numbers: ErrorKind. Also sent when a recording fails later.
  is_known = 5,  // numbers: a FileIdentity: device major and minor, inode, size, mtime, ctime
  known = 6,     // texts: sha256, or "" for a content that is not in the catalog
  status = 7,    // nothing
  status_reply = 8,  // see store/service.cc
  join = 9,  // texts: name of a recording in progress; numbers: durable; with the descriptor of another ring
             // for it
  amend = 10,  // texts: name of a recording that is over; numbers: durable; with the ring's descriptor
};

struct Message {
  MessageType type{};
  std::vector<std::string> texts;
  std::vector<uint64_t> numbers;
};

std::vector<std::byte> encode_message(const Message& message);
Expected<Message> decode_message(std::span<const std::byte> bytes);

Message message_of(const Error& error);
// The error a `refused` message carries.
Error error_in(const Message& message);

// One end of a connection in messages (unix(7), SOCK_SEQPACKET) between processes of one user.
class Connection {
 public:
  explicit Connection(int fd) : fd_(fd) {}
  ~Connection();
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&& other) noexcept;

  int fd() const { return fd_; }
  // `descriptor` goes along if it is not negative. Fails when the other side is gone.
  Expected<void> send(const Message& message, int descriptor = -1);

  struct Received {
    Message message;
    int descriptor = -1;  // the receiver's to close
  };
  // nullopt when timeout_ms has passed (-1: never). Fails when the other side is gone.
  Expected<std::optional<Received>> receive(int timeout_ms);
  // The other side finds the connection gone when it has read what was sent.
  void hang_up();
  // False as soon as the other side has hung up.
  bool is_alive() const;

 private:
  int fd_;
};

// Where a store's service listens. Fails with not_found when nobody does.
Expected<Connection> connect_to_service(const std::filesystem::path& store);

// The service's ear. Removes the socket when it goes.
class Listener {
 public:
  static Expected<Listener> create(const std::filesystem::path& store);
  ~Listener();
  Listener(Listener&& other) noexcept;
  Listener& operator=(Listener&&) = delete;
  // nullopt when timeout_ms has passed, or when it was somebody else's process that called.
  std::optional<Connection> accept(int timeout_ms);
  // False when the socket has been removed under us.
  bool is_reachable() const;

 private:
  Listener(int fd, std::filesystem::path path) : fd_(fd), path_(std::move(path)) {}
  int fd_;
  std::filesystem::path path_;
};

}  // namespace bygone
