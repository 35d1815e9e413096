#include "store/ring_sink.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <vector>

#include "schema/codec.h"
#include "store/catalog_schema.h"
#include "store/file_piece.h"
#include "store/spawn.h"

namespace bygone {

namespace {

constexpr int64_t kCheckIntervalNs = 20'000'000;
constexpr int kAnswerMs = 30'000;
// How many services may die, one after the other, while a recording is begun.
constexpr int kCreateTries = 20;
// How long to go on replacing services that die.
constexpr auto kPatience = std::chrono::seconds(60);
// How many appends go by before the sink looks whether the service still lives.
constexpr uint64_t kAppendsPerCheck = 4096;

// Contents are numbered by whoever sends them.
constexpr int kContentsPerSourceBits = 40;

int64_t to_ns(const timespec& time) {
  return int64_t(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

// Reads up to the end of `out` or of the file; what a file lacks reads as zeros, as whoever maps it sees it.
Expected<void> read_file(int fd, uint64_t offset, std::span<std::byte> out, const std::string& path) {
  while (!out.empty()) {
    const ssize_t got = ::pread(fd, out.data(), out.size(), off_t(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      return fail(ErrorKind::io, path, fmt::format("cannot be read ({})", std::strerror(errno)),
                  "the recording needs what it maps");
    if (got == 0) {
      std::fill(out.begin(), out.end(), std::byte{0});
      return {};
    }
    out = out.subspan(size_t(got));
    offset += uint64_t(got);
  }
  return {};
}

bool is_sparse(int fd) {
  struct stat st {};
  return ::fstat(fd, &st) == 0 && uint64_t(st.st_blocks) * 512 + kPieceBytes < uint64_t(st.st_size);
}

// Where from `offset` on, a multiple of kChunkBytes, the chunk begins that is not all in a hole; `size` if
// all is (lseek(2)).
uint64_t next_data(int fd, uint64_t offset, uint64_t size) {
  const off_t data = ::lseek(fd, off_t(offset), SEEK_DATA);
  if (data < 0) return errno == ENXIO ? size : offset;
  return std::min(std::max(offset, uint64_t(data) / kChunkBytes * kChunkBytes), size);
}

bool is_unchanged(int fd, const Content& content) {
  struct stat now {};
  return ::fstat(fd, &now) == 0 && uint64_t(now.st_size) == content.size_bytes &&
         to_ns(now.st_mtim) == content.mtime_ns && to_ns(now.st_ctim) == content.ctime_ns;
}

}  // namespace

RingSink::RingSink(std::filesystem::path store, Connection connection, RingMemory memory)
    : store_(std::move(store)), connection_(std::move(connection)), ring_(std::move(memory)) {}

Expected<std::unique_ptr<RingSink>> RingSink::create(const std::filesystem::path& store,
                                                     std::string_view name, std::string_view program,
                                                     const RingOptions& options) {
  return begin(store, {MessageType::create, {std::string(name), std::string(program)}, {}}, options);
}

Expected<std::unique_ptr<RingSink>> RingSink::join(const std::filesystem::path& store, std::string_view name,
                                                   const RingOptions& options) {
  return begin(store, {MessageType::join, {std::string(name)}, {}}, options);
}

Expected<std::unique_ptr<RingSink>> RingSink::amend(const std::filesystem::path& store, std::string_view name,
                                                    const RingOptions& options) {
  BYGONE_ASSIGN(auto sink, begin(store, {MessageType::amend, {std::string(name)}, {}}, options));
  sink->amends_ = true;
  return sink;
}

Expected<std::unique_ptr<RingSink>> RingSink::begin(const std::filesystem::path& store, Message request,
                                                    const RingOptions& options) {
  request.numbers = {uint64_t(options.durability == Durability::survives_machine)};
  // A service that is just leaving may take the connection with it.
  for (int attempt = 0;; ++attempt) {
    BYGONE_ASSIGN(Connection connection, reach_service(store));
    BYGONE_ASSIGN(RingMemory memory, RingMemory::create(options.ring_bytes));
    auto sink = std::unique_ptr<RingSink>(new RingSink(store, std::move(connection), std::move(memory)));
    const auto sent = sink->connection_.send(request, sink->ring_.fd());
    auto reply = sent ? sink->connection_.receive(kAnswerMs) : tl::unexpected(sent.error());
    if (!reply && attempt < kCreateTries) continue;
    if (!reply) return tl::unexpected(reply.error());
    if (!*reply)
      return fail(ErrorKind::io, "trace service", "does not answer", "see service.log in the store");
    const Message& answer = (*reply)->message;
    if (answer.type != MessageType::accepted || answer.texts.size() != 1 || answer.numbers.size() != 1)
      return tl::unexpected(error_in(answer));
    sink->name_ = answer.texts[0];
    sink->durability_ = options.durability;
    sink->source_ = answer.numbers[0];
    sink->last_content_ = sink->source_ << kContentsPerSourceBits;
    sink->accepted_ = true;
    return sink;
  }
}

RingSink::~RingSink() {
  if (accepted_) static_cast<void>(close());
}

Expected<void> RingSink::close() {
  if (failed_) return tl::unexpected(*failed_);
  if (std::exchange(closed_, true)) return {};
  BYGONE_TRY(write(RingRecordKind::end, 0, {}, {}));
  return wait_closed();
}

Expected<void> RingSink::check() {
  if (failed_) return tl::unexpected(*failed_);
  const bool trouble = watch_ != nullptr && watch_->has_seen_trouble();
  if (!trouble && ring_.header().failed.load(std::memory_order_relaxed) == 0) return {};
  return check_service();
}

void RingSink::on_trouble(std::function<void()> wake) {
  watch_ = std::make_unique<ServiceWatch>(std::move(wake));
  watch_->watch(connection_.fd());
}

Expected<void> RingSink::give_up(Error error) {
  failed_ = std::move(error);
  return tl::unexpected(*failed_);
}

Expected<void> RingSink::wait_closed() {
  while (ring_.header().closed.load(std::memory_order_acquire) == 0) {
    BYGONE_TRY(check_service());
    ring_.wait_for_progress(ring_.header().released.load(), kCheckIntervalNs);
  }
  return {};
}

Expected<void> RingSink::check_service() {
  if (watch_) watch_->acknowledge();
  if (ring_.header().closed.load(std::memory_order_acquire) != 0) return {};
  if (ring_.header().failed.load(std::memory_order_acquire) != 0) {
    const auto reason = connection_.receive(kAnswerMs);
    if (reason && *reason) return give_up(error_in((*reason)->message));
    return give_up({ErrorKind::io, name_, "the trace service gave it up", "see service.log in the store"});
  }
  return connection_.is_alive() ? Expected<void>{} : revive();
}

// Everything that was not released is still in the ring; the new service goes on there.
Expected<void> RingSink::revive() {
  if (amends_)
    return give_up(
        {ErrorKind::io, name_, "the trace service went away while something was added to it", "do it again"});
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    auto connection = reach_service(store_);
    if (!connection) return give_up(connection.error());
    if (!connection->send(
            {MessageType::resume, {name_}, {uint64_t(durability_ == Durability::survives_machine), source_}},
            ring_.fd()))
      continue;
    auto reply = connection->receive(kAnswerMs);
    if (!reply) continue;
    if (!*reply) break;
    if ((*reply)->message.type != MessageType::accepted) return give_up(error_in((*reply)->message));
    connection_ = std::move(*connection);
    if (watch_) watch_->watch(connection_.fd());
    return {};
  }
  return give_up({ErrorKind::io, name_, "the trace service went away and cannot be replaced",
                  "see service.log in the store"});
}

Expected<void> RingSink::write(RingRecordKind kind, uint8_t type, std::span<const std::byte> row,
                               std::span<const std::byte> payload) {
  if (ring_.try_write(kind, type, row, payload)) return {};
  const auto began = std::chrono::steady_clock::now();
  RingHeader& header = ring_.header();
  header.full_waits.fetch_add(1, std::memory_order_relaxed);
  while (true) {
    const uint64_t seen = header.released.load(std::memory_order_acquire);
    if (ring_.try_write(kind, type, row, payload)) break;
    BYGONE_TRY(check_service());
    ring_.wait_for_progress(seen, kCheckIntervalNs);
  }
  const auto waited = std::chrono::steady_clock::now() - began;
  header.full_wait_ns.fetch_add(
      uint64_t(std::chrono::duration_cast<std::chrono::nanoseconds>(waited).count()),
      std::memory_order_relaxed);
  return {};
}

Expected<void> RingSink::append(RecordType type, std::span<const std::byte> row,
                                std::span<const std::byte> payload) {
  if (failed_) return tl::unexpected(*failed_);
  if (++appends_ % kAppendsPerCheck == 0 || ring_.header().failed.load(std::memory_order_relaxed) != 0)
    BYGONE_TRY(check_service());
  if (row.size() > kPieceBytes) return fail(ErrorKind::internal, name_, "a row is longer than any may be");
  while (payload.size() > kPieceBytes) {
    BYGONE_TRY(write(RingRecordKind::payload_piece, 0, {}, payload.first(kPieceBytes)));
    payload = payload.subspan(kPieceBytes);
  }
  return write(RingRecordKind::row, uint8_t(type), row, payload);
}

Expected<std::string> RingSink::ask_known(const FileIdentity& identity) {
  const Message question{MessageType::is_known,
                         {},
                         {identity.device.major, identity.device.minor, identity.inode, identity.size_bytes,
                          uint64_t(identity.mtime_ns), uint64_t(identity.ctime_ns)}};
  while (true) {
    auto reply = connection_.send(question).and_then([&] { return connection_.receive(kAnswerMs); });
    if (!reply) {
      BYGONE_TRY(check_service());
      continue;
    }
    if (!*reply)
      return fail(ErrorKind::io, "trace service", "does not answer", "see service.log in the store");
    const Message& answer = (*reply)->message;
    if (answer.type == MessageType::known && answer.texts.size() == 1) return answer.texts[0];
    return tl::unexpected(error_in(answer));
  }
}

Expected<void> RingSink::send_file(int fd, Content& content) {
  std::vector<std::byte> bytes;
  std::vector<std::byte> row;
  const bool has_holes = is_sparse(fd);
  for (uint64_t offset = 0; offset < content.size_bytes; offset += bytes.size()) {
    if (has_holes) offset = next_data(fd, offset, content.size_bytes);
    bytes.resize(size_t(std::min<uint64_t>(kPieceBytes, content.size_bytes - offset)));
    BYGONE_TRY(read_file(fd, offset, bytes, content.path));
    row.clear();
    FilePiece{int64_t(content.id.value), content.size_bytes, offset}.encode(row);
    BYGONE_TRY(write(RingRecordKind::file_piece, 0, row, bytes));
  }
  row.clear();
  encode_row(content, row);
  return write(RingRecordKind::file_end, is_unchanged(fd, content) ? 1 : 0, row, {});
}

Expected<ContentId> RingSink::add_file(int fd, const FileIdentity& identity, std::string_view path) {
  if (failed_) return tl::unexpected(*failed_);
  Content content;
  content.id = ContentId{last_content_ + 1};
  content.size_bytes = identity.size_bytes;
  content.device = identity.device;
  content.inode = identity.inode;
  content.mtime_ns = identity.mtime_ns;
  content.ctime_ns = identity.ctime_ns;
  content.path = path;
  // Without time stamps nothing tells one state of a file from the next: each is kept by itself.
  if (identity.mtime_ns != 0 || identity.ctime_ns != 0) {
    auto known = ask_known(identity);
    if (!known) return tl::unexpected(give_up(known.error()).error());
    content.sha256 = std::move(*known);
  }
  auto added = content.sha256.empty() ? send_file(fd, content) : append_row(*this, content);
  if (!added) return tl::unexpected(give_up(added.error()).error());
  ++last_content_;
  return content.id;
}

Expected<void> RingSink::commit() {
  if (failed_) return tl::unexpected(*failed_);
  BYGONE_TRY(write(RingRecordKind::commit, 0, {}, {}));
  const uint64_t sequence = ring_.sequence();
  while (true) {
    const uint64_t seen = ring_.header().released.load(std::memory_order_acquire);
    if (ring_.header().committed_sequence.load(std::memory_order_acquire) >= sequence) return {};
    BYGONE_TRY(check_service());
    ring_.wait_for_progress(seen, kCheckIntervalNs);
  }
}

}  // namespace bygone
