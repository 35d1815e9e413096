#include "store/service_client.h"

#include <fmt/core.h>
#include <unistd.h>

#include "store/recording_files.h"

namespace bygone {

namespace {
constexpr int kPollMs = 100;
}

ServiceClient::ServiceClient(Connection connection, std::filesystem::path store,
                             std::function<ServiceStatus()> status)
    : connection_(std::move(connection)), store_(std::move(store)), status_(std::move(status)) {
  thread_ = std::thread([this] { run(); });
}

ServiceClient::~ServiceClient() {
  stop_ = true;
  thread_.join();
}

void ServiceClient::run() {
  while (!stop_) {
    auto received = connection_.receive(kPollMs);
    if (!received) break;
    if (*received && !answer(std::move(**received))) break;
  }
  producer_gone_ = true;
  if (drain_thread_.joinable()) drain_thread_.join();
  done_ = true;
}

Expected<void> ServiceClient::answer(Connection::Received received) {
  const Message& message = received.message;
  if (message.type == MessageType::create || message.type == MessageType::resume) {
    const auto begun = begin(message, received.descriptor);
    if (begun) return {};
    return connection_.send(message_of(begun.error()));
  }
  if (received.descriptor >= 0) ::close(received.descriptor);
  if (message.type == MessageType::is_known) return answer_is_known(message);
  if (message.type == MessageType::status) {
    Message reply{MessageType::status_reply, {}, {}};
    const ServiceStatus status = status_();
    reply.numbers = {uint64_t(status.pid), status.memory_bytes};
    for (const LiveRecording& live : status.recordings) {
      reply.texts.push_back(live.name);
      reply.numbers.insert(reply.numbers.end(),
                           {live.events, live.payload_bytes, live.stored_bytes, live.commits, live.ring_bytes,
                            live.ring_fill_bytes, live.full_waits, live.full_wait_ns});
    }
    return connection_.send(reply);
  }
  return fail(ErrorKind::bad_data, "message", "is not one a service answers");
}

Expected<void> ServiceClient::begin(const Message& message, int descriptor) {
  if (descriptor < 0 || drain_thread_.joinable())
    return fail(ErrorKind::bad_data, "message", "begins a recording without a ring, or a second one");
  BYGONE_ASSIGN(RingMemory memory, RingMemory::attach(descriptor));
  RingConsumer ring(std::move(memory));
  const bool is_create = message.type == MessageType::create;
  if (message.texts.size() != (is_create ? 2u : 1u))
    return fail(ErrorKind::bad_data, "message", "has not its texts");
  if (!is_create) BYGONE_TRY(check_name(message.texts[0]));
  std::filesystem::path database = recording_path(store_, message.texts[0]);
  // One that was begun and nothing of it committed yet is gone with the service that was killed.
  std::error_code ignored;
  const bool is_new =
      is_create || (ring.header().released == 0 && !std::filesystem::exists(database, ignored));
  if (is_new) {
    BYGONE_ASSIGN(database, claim_name(store_, message.texts[0], is_create ? message.texts[1] : ""));
  }
  BYGONE_ASSIGN(WriterLock lock, WriterLock::take(database));
  IngestOptions options;
  options.database = database;
  options.catalog = catalog_path(store_);
  auto ingest = is_new ? Ingest::create(std::move(options)) : Ingest::resume(std::move(options));
  if (!ingest) {
    lock.release();
    if (is_new) static_cast<void>(remove_recording_files(database));
    // It was closed, and the service died before it could say so.
    if (!is_new && ingest.error().kind == ErrorKind::not_found) {
      ring.mark_closed();
      return connection_.send({MessageType::accepted, {message.texts[0]}, {}});
    }
    return tl::unexpected(ingest.error());
  }
  BYGONE_ASSIGN(catalog_, Catalog::open(catalog_path(store_)));
  BYGONE_ASSIGN(auto catalog, Catalog::open(catalog_path(store_)));
  {
    const std::lock_guard guard(status_mutex_);
    name_ = database.stem().string();
    drain_ = std::make_unique<RecordingDrain>(name_, std::move(lock), std::move(catalog), std::move(*ingest),
                                              std::move(ring));
  }
  has_recording_ = true;
  drain_thread_ = std::thread([this] { drain(); });
  return connection_.send({MessageType::accepted, {name_}, {}});
}

void ServiceClient::drain() {
  const auto result = drain_->run(producer_gone_, stop_);
  if (!result) {
    fmt::print(stderr, "{}: {}\n", name_, result.error().message());
    std::fflush(stderr);
    // The reason must be on its way when the recorder sees the mark.
    static_cast<void>(connection_.send(message_of(result.error())));
    drain_->ring().mark_failed();
  }
  const std::lock_guard guard(status_mutex_);
  drain_.reset();
  has_recording_ = false;
}

Expected<void> ServiceClient::answer_is_known(const Message& message) {
  if (message.numbers.size() != 6 || catalog_ == nullptr)
    return fail(ErrorKind::bad_data, "message", "asks for no file");
  const auto& n = message.numbers;
  const FileIdentity identity{{uint32_t(n[0]), uint32_t(n[1])}, n[2], n[3], int64_t(n[4]), int64_t(n[5])};
  const auto known = catalog_->find_unchanged(identity, name_);
  if (!known) return connection_.send(message_of(known.error()));
  return connection_.send({MessageType::known, {known->value_or("")}, {}});
}

void ServiceClient::add_to(ServiceStatus& status) {
  const std::lock_guard guard(status_mutex_);
  if (!drain_) return;
  RingHeader& ring = drain_->ring().header();
  LiveRecording& live = status.recordings.emplace_back();
  live.name = name_;
  live.events = ring.committed_event.load();
  live.payload_bytes = ring.payload_bytes.load();
  live.stored_bytes = ring.stored_bytes.load();
  live.commits = ring.commits.load();
  live.ring_bytes = drain_->ring().capacity_bytes();
  live.ring_fill_bytes = drain_->ring().fill_bytes();
  live.full_waits = ring.full_waits.load();
  live.full_wait_ns = ring.full_wait_ns.load();
}

}  // namespace bygone
