#include "store/service_client.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "store/recording_files.h"

namespace bygone {

namespace {
constexpr int kPollMs = 100;
constexpr int kJoinTries = 100;
constexpr auto kJoinPause = std::chrono::milliseconds(20);

// Something to wait for: a name without a recording will not come to be one.
bool is_unfinished(const std::filesystem::path& database) {
  std::error_code ignored;
  return std::filesystem::exists(lock_file_of(database), ignored);
}
}  // namespace

ServiceClient::ServiceClient(Connection connection, std::filesystem::path store, LiveRecordings& live,
                             WorkPool& pool, std::function<ServiceStatus()> status)
    : connection_(std::move(connection)),
      store_(std::move(store)),
      live_(live),
      pool_(pool),
      status_(std::move(status)) {
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
  if (message.type == MessageType::create || message.type == MessageType::resume ||
      message.type == MessageType::join || message.type == MessageType::amend) {
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
                            live.ring_fill_bytes, live.full_waits, live.full_wait_ns, live.rings});
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
  const bool is_resume = message.type == MessageType::resume;
  if (message.texts.size() != (is_create ? 2u : 1u) || message.numbers.size() != (is_resume ? 2u : 1u))
    return fail(ErrorKind::bad_data, "message", "has not its texts and numbers");
  durability_ = message.numbers[0] != 0 ? Durability::survives_machine : Durability::survives_processes;
  if (is_create) return create(message, std::move(ring));
  BYGONE_TRY(check_name(message.texts[0]));
  if (message.type == MessageType::amend) return amend(message, std::move(ring));
  return is_resume ? resume(message, std::move(ring)) : join(message, std::move(ring));
}

Expected<void> ServiceClient::create(const Message& message, RingConsumer ring) {
  const std::lock_guard guard(live_.begin);
  return create_claimed(message.texts[0], message.texts[1], std::move(ring));
}

Expected<void> ServiceClient::create_claimed(const std::string& name, const std::string& program,
                                             RingConsumer ring) {
  BYGONE_ASSIGN(const auto database, claim_name(store_, name, program));
  const auto began = [&]() -> Expected<std::shared_ptr<SharedRecording>> {
    BYGONE_ASSIGN(WriterLock lock, WriterLock::take(database));
    IngestOptions options;
    options.database = database;
    options.catalog = catalog_path(store_);
    options.durability = durability_;
    options.pool = &pool_;
    BYGONE_ASSIGN(auto ingest, Ingest::create(std::move(options)));
    return std::make_shared<SharedRecording>(database.stem().string(), std::move(lock), std::move(ingest));
  }();
  if (!began) {
    static_cast<void>(remove_recording_files(database));
    return tl::unexpected(began.error());
  }
  live_.add(*began);
  (*began)->attach(0);
  return start(*began, 0, std::move(ring));
}

Expected<void> ServiceClient::resume(const Message& message, RingConsumer ring) {
  const std::string& name = message.texts[0];
  const SourceId source = SourceId(message.numbers[1]);
  const auto closed = [&] {
    ring.mark_closed();
    return connection_.send({MessageType::accepted, {name}, {source}});
  };
  const std::lock_guard guard(live_.begin);
  std::shared_ptr<SharedRecording> recording = live_.find(name);
  if (!recording) {
    const auto database = recording_path(store_, name);
    // One that was begun and nothing of it committed yet is gone with the service that was killed.
    std::error_code ignored;
    if (source == 0 && ring.header().released == 0 && !std::filesystem::exists(database, ignored))
      return create_claimed(name, "", std::move(ring));
    BYGONE_ASSIGN(WriterLock lock, WriterLock::take(database));
    IngestOptions options;
    options.database = database;
    options.catalog = catalog_path(store_);
    options.durability = durability_;
    options.pool = &pool_;
    auto ingest = Ingest::resume(std::move(options));
    if (!ingest) {
      lock.release();
      // It was closed, and the service died before it could say so.
      if (ingest.error().kind == ErrorKind::not_found) return closed();
      return tl::unexpected(ingest.error());
    }
    recording = std::make_shared<SharedRecording>(name, std::move(lock), std::move(*ingest));
    live_.add(recording);
  }
  const bool ended = [&] {
    const auto held = recording->lock();
    return source < recording->ingest().source_count() && recording->ingest().has_ended(source);
  }();
  if (ended) return closed();
  if (!recording->attach(source))
    return fail(ErrorKind::not_found, name, fmt::format("does not wait for recorder {} any more", source),
                "it was away for too long");
  return start(recording, source, std::move(ring));
}

Expected<void> ServiceClient::join(const Message& message, RingConsumer ring) {
  // After the death of a service the recording is back only when one of its recorders is.
  for (int i = 0; i < kJoinTries; ++i) {
    {
      const std::lock_guard guard(live_.begin);
      if (auto recording = live_.find(message.texts[0])) {
        BYGONE_ASSIGN(const SourceId source, recording->add_source());
        return start(std::move(recording), source, std::move(ring));
      }
    }
    if (!is_unfinished(recording_path(store_, message.texts[0]))) break;
    std::this_thread::sleep_for(kJoinPause);
  }
  return fail(ErrorKind::not_found, message.texts[0], "is not being recorded",
              "`bygone status` names those that are");
}

Expected<void> ServiceClient::amend(const Message& message, RingConsumer ring) {
  const std::string& name = message.texts[0];
  const std::lock_guard guard(live_.begin);
  const auto database = recording_path(store_, name);
  std::error_code ignored;
  if (!std::filesystem::exists(database, ignored))
    return fail(ErrorKind::not_found, name, "is not in this store", "`bygone ls` lists the recordings");
  const auto writing = live_.find(name);
  if (writing && !writing->is_over())
    return fail(ErrorKind::usage, name, "is being written", "wait for its end");
  BYGONE_ASSIGN(WriterLock lock, WriterLock::take(database));
  IngestOptions options;
  options.database = database;
  options.catalog = catalog_path(store_);
  options.durability = durability_;
  auto ingest = Ingest::amend(std::move(options));
  if (!ingest) {
    lock.release();
    return tl::unexpected(ingest.error());
  }
  const auto recording = std::make_shared<SharedRecording>(name, std::move(lock), std::move(*ingest));
  live_.add(recording);
  recording->attach(0);
  return start(recording, 0, std::move(ring));
}

Expected<void> ServiceClient::start(std::shared_ptr<SharedRecording> recording, SourceId source,
                                    RingConsumer ring) {
  BYGONE_ASSIGN(catalog_, Catalog::open(catalog_path(store_)));
  BYGONE_ASSIGN(auto catalog, Catalog::open(catalog_path(store_), pool_));
  if (durability_ == Durability::survives_machine) BYGONE_TRY(catalog->sync_commits());
  {
    const std::lock_guard guard(status_mutex_);
    name_ = recording->name();
    recording_ = recording;
    drain_ =
        std::make_unique<RecordingDrain>(std::move(recording), source, std::move(catalog), std::move(ring));
  }
  has_recording_ = true;
  drain_thread_ = std::thread([this] { drain(); });
  return connection_.send({MessageType::accepted, {name_}, {source}});
}

void ServiceClient::drain() {
  const auto result = drain_->run(producer_gone_, stop_);
  if (!result) {
    // fmt::print() throws where the log cannot be written, as on the full disk this may be about.
    std::fputs(fmt::format("{}: {}\n", name_, result.error().message()).c_str(), stderr);
    std::fflush(stderr);
    // The reason must be on its way when the recorder sees the mark.
    static_cast<void>(connection_.send(message_of(result.error())));
    drain_->give_up(result.error());
    drain_->ring().mark_failed();
    connection_.hang_up();
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
  const auto known = [&] {
    // Between the look and the promise nothing may leave the recording's window.
    const auto held = recording_->lock();
    auto found = catalog_->find_unchanged(identity, name_);
    if (found && *found) recording_->ingest().expect_content(**found);
    return found;
  }();
  if (!known) return connection_.send(message_of(known.error()));
  return connection_.send({MessageType::known, {known->value_or("")}, {}});
}

void ServiceClient::add_to(ServiceStatus& status) {
  const std::lock_guard guard(status_mutex_);
  if (!drain_) return;
  RingHeader& ring = drain_->ring().header();
  auto& all = status.recordings;
  auto live = std::find_if(all.begin(), all.end(), [&](const LiveRecording& r) { return r.name == name_; });
  if (live == all.end()) live = all.emplace(live);
  live->name = name_;
  // Of the whole recording, as this ring last heard of it.
  live->events = std::max(live->events, ring.committed_event.load());
  live->payload_bytes = std::max(live->payload_bytes, ring.payload_bytes.load());
  live->stored_bytes = std::max(live->stored_bytes, ring.stored_bytes.load());
  live->commits = std::max(live->commits, ring.commits.load());
  live->ring_bytes += drain_->ring().capacity_bytes();
  live->ring_fill_bytes += drain_->ring().fill_bytes();
  live->full_waits += ring.full_waits.load();
  live->full_wait_ns += ring.full_wait_ns.load();
  ++live->rings;
}

}  // namespace bygone
