#include "store/ingest.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "schema/version.h"
#include "store/blob_writer.h"
#include "store/database.h"
#include "store/frame_chunk.h"
#include "store/mapping_checkpoint.h"
#include "store/outcome.h"
#include "store/recording_schema.h"
#include "store/row_sql.h"
#include "store/row_store.h"
#include "store/shared_payloads.h"
#include "store/unfinished_event.h"
#include "store/window_keeper.h"

namespace bygone {

namespace {

// A commit is due when this much is pending, whatever the time.
constexpr uint64_t kPendingFrames = 1 << 17;
constexpr uint64_t kPendingPayloadBytes = 64 << 20;
// An event of more rows than this is not believed.
constexpr size_t kMostRowsPerEvent = 1 << 20;
constexpr int kAutocheckpointPages = 2048;
constexpr int64_t kSmallRecordingBytes = 2 << 20;
constexpr int kSmallPageBytes = 1024;

int64_t last_id(SQLite::Database& database, std::string_view table) {
  SQLite::Statement newest(database, fmt::format("SELECT coalesce(max(id), 0) FROM {}", table));
  return newest.executeStep() ? newest.getColumn(0).getInt64() : 0;
}

void set_durability(SQLite::Database& database, Durability durability) {
  if (durability == Durability::survives_machine) database.exec("PRAGMA synchronous = FULL");
}

int64_t monotonic_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

struct Ingest::Impl {
  Impl(std::unique_ptr<SQLite::Database> db, IngestOptions given)
      : database(std::move(db)),
        options(std::move(given)),
        object(options.database.stem().string()),
        rows(*database),
        blobs(*database, last_id(*database, "blob") + 1, *options.pool),
        chunks(*database, *options.pool),
        checkpoints(*database),
        unfinished(*database),
        window(*database, object, options.catalog) {
    if (!options.catalog.empty())
      shared.emplace(*database, object, options.catalog, last_id(*database, "shared_chunk") + 1,
                     *options.pool);
  }

  void begin();
  Expected<void> store_piece(std::span<const std::byte> piece, std::optional<SharedPayloads::Extent> share_as,
                             SourceState& source);
  uint64_t payload_limit() const {
    const uint64_t limit = window.pending_limit_bytes();
    return limit == 0 ? kPendingPayloadBytes : std::min(limit, kPendingPayloadBytes);
  }
  uint64_t raw_bytes() const { return blobs.raw_bytes() + (shared ? shared->raw_bytes() : 0); }
  bool positions_pending() const;
  void load();
  Expected<void> commit_now();
  void roll_back() noexcept;
  void shrink();
  Expected<void> take(AnyRow row, std::span<const std::byte> payload, SourceState& source);
  Expected<void> take_frame(const Frame& frame, std::span<const std::byte> payload, SourceState& source);
  Expected<void> put(const AnyRow& row, const std::optional<BlobPosition>& payload);
  Expected<void> put_header(std::string key, std::string value);
  void see_header(const HeaderEntry& entry);
  Expected<void> prune();
  template <class Action>
  Expected<void> attempt(Action&& action);

  std::unique_ptr<SQLite::Database> database;
  IngestOptions options;
  std::string object;
  RowStore rows;
  BlobWriter blobs;
  std::optional<SharedPayloads> shared;
  FrameChunkWriter chunks;
  MappingCheckpoints checkpoints;
  UnfinishedEvent unfinished;
  OutcomeTracker outcome;
  std::vector<SourceState> sources = std::vector<SourceState>(1);
  std::vector<uint64_t> committed_positions = std::vector<uint64_t>(1);
  EventNumber last;
  bool in_transaction = false;
  bool outcome_given = false;
  bool amends = false;  // the recording was over before
  WindowKeeper window;
  uint64_t pending_frames = 0;
  uint64_t committed_payload_bytes = 0;
  int64_t last_commit_ns = 0;
  IngestCounts counts;
  std::optional<Error> failed;
};

void Ingest::Impl::begin() {
  if (in_transaction) return;
  database->exec("BEGIN IMMEDIATE");
  in_transaction = true;
}

// Appends to the pieces of the source. Where the first piece of a payload goes the others follow.
Expected<void> Ingest::Impl::store_piece(std::span<const std::byte> piece,
                                         std::optional<SharedPayloads::Extent> share_as,
                                         SourceState& source) {
  auto& pieces = source.pieces;
  if (piece.empty()) return {};
  const bool is_shared =
      pieces ? pieces->blob < 0 : shared && share_as && piece.size() >= kSmallestSharedBytes;
  std::optional<BlobPosition> at;
  if (is_shared) {
    if (!shared) return fail(ErrorKind::internal, object, "goes on without its catalog");
    BYGONE_ASSIGN(at, shared->append(piece, pieces ? SharedPayloads::Extent::piece : *share_as));
  } else {
    at = blobs.append(piece);
  }
  if (pieces)
    pieces->size_bytes += at->size_bytes;
  else
    pieces = at;
  return {};
}

bool Ingest::Impl::positions_pending() const {
  for (size_t i = 0; i < sources.size(); ++i)
    if (sources[i].position != committed_positions[i]) return true;
  return false;
}

// What a resumed ingest must know besides what it writes.
void Ingest::Impl::load() {
  SQLite::Statement newest(*database, "SELECT coalesce(max(event), 0) FROM frame");
  if (newest.executeStep()) last = EventNumber{uint64_t(newest.getColumn(0).getInt64())};
  counts.committed_event = last;
  const auto replay_rows = [&]<class Row>(std::type_identity<Row>, std::string_view where) {
    SQLite::Statement all(
        *database, fmt::format("SELECT {} FROM {} {}", column_list<Row>(), RowFields<Row>::table, where));
    while (all.executeStep()) {
      Row row{};
      if (!read_row(all, row)) continue;
      outcome.see(row);
      checkpoints.see(row);
    }
  };
  SQLite::Statement header(*database, "SELECT key, value FROM header");
  while (header.executeStep()) see_header({header.getColumn(0).getString(), header.getColumn(1).getString()});
  replay_rows(std::type_identity<Task>{}, "ORDER BY id");
  replay_rows(
      std::type_identity<Mapping>{},
      "WHERE end_event = 9223372036854775807 AND address_space NOT IN (SELECT id FROM address_space WHERE "
      "end_event < 9223372036854775807)");
  sources = unfinished.load();
  committed_positions.clear();
  for (const SourceState& source : sources) committed_positions.push_back(source.position);
  counts.committed_position = committed_positions[0];
}

Expected<void> Ingest::Impl::commit_now() {
  last_commit_ns = options.clock_ns();
  if (!in_transaction && !positions_pending()) return {};
  begin();
  if (shared) BYGONE_TRY(shared->flush());
  blobs.flush();
  chunks.flush();
  for (size_t i = 0; i < sources.size(); ++i)
    if (i == 0 || !sources[i].ended || sources[i].position != committed_positions[i])
      unfinished.save(i, sources[i]);
  database->exec("COMMIT");
  in_transaction = false;
  pending_frames = 0;
  committed_payload_bytes = raw_bytes();
  counts.committed_event = last;
  for (size_t i = 0; i < sources.size(); ++i) committed_positions[i] = sources[i].position;
  counts.committed_position = committed_positions[0];
  counts.payload_bytes = raw_bytes();
  counts.stored_payload_bytes = blobs.stored_bytes() + (shared ? shared->stored_bytes() : 0);
  ++counts.commits;
  return prune();
}

void Ingest::Impl::roll_back() noexcept {
  if (!in_transaction) return;
  database->tryExec("ROLLBACK");
  in_transaction = false;
}

// Every table takes a page at least: large pages are for large recordings.
void Ingest::Impl::shrink() {
  if (pragma_number(*database, "page_count") * pragma_number(*database, "page_size") > kSmallRecordingBytes)
    return;
  database->tryExec(fmt::format("PRAGMA page_size = {}", kSmallPageBytes));
  database->tryExec("VACUUM");
}

// The one way in: after a failure everything since the last commit is gone and nothing more is accepted.
template <class Action>
Expected<void> Ingest::Impl::attempt(Action&& action) {
  if (failed) return tl::unexpected(*failed);
  auto result = guarded(object, std::forward<Action>(action));
  if (!result) {
    roll_back();
    failed = result.error();
  }
  return result;
}

Expected<void> Ingest::Impl::put(const AnyRow& row, const std::optional<BlobPosition>& payload) {
  outcome.see(row);
  checkpoints.see(row);
  if (const auto* entry = std::get_if<HeaderEntry>(&row)) see_header(*entry);
  if (const auto* snapshot = std::get_if<Snapshot>(&row)) window.see(*snapshot);
  if (const auto* content = std::get_if<Content>(&row)) window.see(*content);
  return rows.put(row, payload);
}

// A bounded recording drops bytes as it goes, which it cannot while others have a share in them.
void Ingest::Impl::see_header(const HeaderEntry& entry) {
  window.see(entry);
  if (window.any()) shared.reset();
}

Expected<void> Ingest::Impl::prune() {
  if (amends || !window.is_due()) return {};
  begin();
  BYGONE_ASSIGN(auto contents, window.prune());
  database->exec("COMMIT");
  in_transaction = false;
  return window.forget_contents(std::move(contents));
}

Expected<void> Ingest::Impl::put_header(std::string key, std::string value) {
  return rows.put_row(HeaderEntry{std::move(key), std::move(value)}, std::nullopt);
}

Expected<void> Ingest::Impl::take(AnyRow row, std::span<const std::byte> payload, SourceState& source) {
  begin();
  if (const auto* frame = std::get_if<Frame>(&row)) return take_frame(*frame, payload, source);
  if (const auto* entry = std::get_if<HeaderEntry>(&row); entry != nullptr && entry->key == "outcome")
    outcome_given = true;
  const bool may_have_payload =
      std::visit([]<class Row>(const Row&) { return RowFields<Row>::payload == PayloadKind::bytes; }, row);
  if ((!payload.empty() || source.pieces) && !may_have_payload)
    return fail(ErrorKind::bad_data, object, "a record has a payload where none belongs");
  const bool shares = std::visit([]<class Row>(const Row&) { return shares_payloads<Row>(); }, row);
  BYGONE_TRY(
      store_piece(payload, shares ? std::optional(SharedPayloads::Extent::whole) : std::nullopt, source));
  const auto payload_position = std::exchange(source.pieces, std::nullopt);
  const auto event = event_of(row);
  if (!event || *event <= last) return put(row, payload_position);
  // Where there are several sources the frame shows it.
  if (*event != kNoEvent && event->value != last.value + 1 && sources.size() == 1)
    return fail(ErrorKind::bad_data, object,
                fmt::format("a record of event {} came after event {}", event->value, last.value));
  if (source.waiting.size() >= kMostRowsPerEvent)
    return fail(ErrorKind::bad_data, object, fmt::format("event {} has too many rows", last.value + 1));
  source.waiting.push_back({std::move(row), payload_position});
  return {};
}

Expected<void> Ingest::Impl::take_frame(const Frame& frame, std::span<const std::byte> payload,
                                        SourceState& source) {
  if (amends) return fail(ErrorKind::bad_data, object, "is over and takes no more events");
  if (frame.event.value != last.value + 1)
    return fail(ErrorKind::bad_data, object,
                fmt::format("the frame of event {} came after event {}", frame.event.value, last.value));
  std::optional<Registers> registers;
  if (!payload.empty()) {
    if (payload.size() != sizeof(Registers))
      return fail(ErrorKind::bad_data, object,
                  fmt::format("the registers of event {} are of impossible size", frame.event.value));
    std::memcpy(registers.emplace().values.data(), payload.data(), payload.size());
  }
  for (const WaitingRow& row : source.waiting) {
    if (const auto event = event_of(row.row); event && *event != kNoEvent && *event > frame.event)
      return fail(ErrorKind::bad_data, object,
                  fmt::format("a record of event {} came before the frame of event {}", event->value,
                              frame.event.value));
    BYGONE_TRY(put(row.row, row.payload));
  }
  source.waiting.clear();
  BYGONE_TRY(rows.put_row(frame, std::nullopt));
  chunks.append(frame, std::move(registers));
  last = frame.event;
  checkpoints.write_due(last);
  ++pending_frames;
  if (pending_frames >= kPendingFrames || raw_bytes() - committed_payload_bytes >= payload_limit() ||
      options.clock_ns() - last_commit_ns >= options.commit_interval_ns)
    return commit_now();
  return {};
}

Ingest::Ingest(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Ingest::~Ingest() = default;

Expected<std::unique_ptr<Ingest>> Ingest::create(IngestOptions options) {
  using Created = Expected<std::unique_ptr<Ingest>>;
  const std::string object = options.database.stem().string();
  if (!options.clock_ns) options.clock_ns = monotonic_ns;
  return guarded(object, [&]() -> Created {
    auto database = create_database(options.database, kRecordingApplicationId, kFormatVersion);
    database->exec(fmt::format("PRAGMA wal_autocheckpoint = {}", kAutocheckpointPages));
    set_durability(*database, options.durability);
    database->exec("BEGIN IMMEDIATE");
    create_recording_tables(*database);
    auto impl = std::make_unique<Impl>(std::move(database), std::move(options));
    impl->in_transaction = true;
    for (const HeaderEntry& entry : impl->options.header)
      BYGONE_TRY(impl->put_header(entry.key, entry.value));
    BYGONE_TRY(impl->put_header("format", std::to_string(kFormatVersion)));
    BYGONE_TRY(impl->put_header("oldest_reader", std::to_string(kOldestReader)));
    BYGONE_TRY(impl->put_header("name", object));
    BYGONE_TRY(impl->put_header("state", "recording"));
    BYGONE_TRY(impl->commit_now());
    return std::unique_ptr<Ingest>(new Ingest(std::move(impl)));
  });
}

Expected<std::unique_ptr<Ingest>> Ingest::resume(IngestOptions options) {
  using Resumed = Expected<std::unique_ptr<Ingest>>;
  const std::string object = options.database.stem().string();
  if (!options.clock_ns) options.clock_ns = monotonic_ns;
  return guarded(object, [&]() -> Resumed {
    auto database = open_for_writing(options.database);
    BYGONE_TRY(check_recording_tables(*database, object));
    SQLite::Statement state(*database, "SELECT value FROM header WHERE key = 'state'");
    if (!state.executeStep() || state.getColumn(0).getString() != "recording")
      return fail(ErrorKind::not_found, object, "is not being recorded any more");
    state.reset();
    database->exec(fmt::format("PRAGMA wal_autocheckpoint = {}", kAutocheckpointPages));
    set_durability(*database, options.durability);
    if (pragma_number(*database, "user_version") < kSharedChunksSince) options.catalog.clear();
    upgrade_recording_tables(*database);
    auto impl = std::make_unique<Impl>(std::move(database), std::move(options));
    impl->load();
    impl->window.forget_nothing();
    impl->last_commit_ns = impl->options.clock_ns();
    return std::unique_ptr<Ingest>(new Ingest(std::move(impl)));
  });
}

Expected<std::unique_ptr<Ingest>> Ingest::amend(IngestOptions options) {
  using Amended = Expected<std::unique_ptr<Ingest>>;
  const std::string object = options.database.stem().string();
  if (!options.clock_ns) options.clock_ns = monotonic_ns;
  return guarded(object, [&]() -> Amended {
    auto database = open_for_writing(options.database);
    BYGONE_TRY(check_recording_tables(*database, object));
    SQLite::Statement state(*database, "SELECT value FROM header WHERE key = 'state'");
    if (!state.executeStep() || state.getColumn(0).getString() == "recording")
      return fail(ErrorKind::usage, object, "is being recorded, or its recorder was killed with its service",
                  "wait for its end; `bygone status` shows who records");
    state.reset();
    database->exec("PRAGMA journal_mode = WAL");
    database->exec(fmt::format("PRAGMA wal_autocheckpoint = {}", kAutocheckpointPages));
    set_durability(*database, options.durability);
    upgrade_recording_tables(*database);
    database->exec("DELETE FROM unfinished_row");
    auto impl = std::make_unique<Impl>(std::move(database), std::move(options));
    impl->amends = true;
    impl->load();
    impl->last_commit_ns = impl->options.clock_ns();
    return std::unique_ptr<Ingest>(new Ingest(std::move(impl)));
  });
}

Expected<void> Ingest::append(RecordType type, std::span<const std::byte> row,
                              std::span<const std::byte> payload, SourceId source) {
  return impl_->attempt([&]() -> Expected<void> {
    BYGONE_ASSIGN(AnyRow any, decode_any_row(type, row));
    return impl_->take(std::move(any), payload, impl_->sources.at(source));
  });
}

bool Ingest::must_wait(RecordType type, std::span<const std::byte> row, std::span<const std::byte> payload,
                       SourceId source) const {
  const auto& sources = impl_->sources;
  if (sources.size() == 1) return false;
  if (type == RecordType::frame) {
    const auto frame = decode_row<Frame>(row);
    return frame && frame->event.value > impl_->last.value + 1;
  }
  if (payload.empty()) return false;
  for (size_t i = 0; i < sources.size(); ++i)
    if (i != source && sources[i].pieces) return true;
  return false;
}

Expected<SourceId> Ingest::add_source() {
  if (impl_->sources.size() >= kMostSources)
    return fail(ErrorKind::usage, impl_->object, "has as many recorders as it can have", "end some");
  impl_->sources.emplace_back();
  impl_->committed_positions.push_back(~uint64_t{0});  // the row that says it exists is to be written
  BYGONE_TRY(commit());
  return SourceId(impl_->sources.size() - 1);
}

void Ingest::end_source(SourceId source) {
  SourceState& state = impl_->sources.at(source);
  state.waiting.clear();
  state.pieces.reset();
  state.ended = true;
  impl_->committed_positions[source] = ~uint64_t{0};
}

size_t Ingest::source_count() const {
  return impl_->sources.size();
}
bool Ingest::has_ended(SourceId source) const {
  return impl_->sources.at(source).ended;
}
uint64_t Ingest::committed_position(SourceId source) const {
  return impl_->committed_positions.at(source);
}
const std::optional<Error>& Ingest::failure() const {
  return impl_->failed;
}

Expected<void> Ingest::append_piece(std::span<const std::byte> piece, SourceId source) {
  return impl_->attempt([&] {
    impl_->begin();
    return impl_->store_piece(piece, SharedPayloads::Extent::piece, impl_->sources.at(source));
  });
}

void Ingest::set_position(uint64_t position, SourceId source) {
  impl_->sources.at(source).position = position;
}

void Ingest::expect_content(std::string sha256) {
  impl_->window.expect_content(std::move(sha256));
}

Expected<void> Ingest::commit() {
  return impl_->attempt([&] { return impl_->commit_now(); });
}

Expected<void> Ingest::tick() {
  const bool pending = impl_->in_transaction || impl_->positions_pending();
  if (!pending || impl_->options.clock_ns() - impl_->last_commit_ns < impl_->options.commit_interval_ns)
    return {};
  return commit();
}

Expected<void> Ingest::close() {
  const auto closed = impl_->attempt([&]() -> Expected<void> {
    const bool complete = impl_->outcome.complete() || impl_->outcome_given;
    impl_->begin();
    if (!impl_->amends) BYGONE_TRY(impl_->put_header("state", complete ? "finished" : "interrupted"));
    if (!impl_->outcome_given && !impl_->amends)
      BYGONE_TRY(impl_->put_header("outcome", complete ? impl_->outcome.outcome() : "interrupted"));
    for (SourceState& source : impl_->sources) {
      source.waiting.clear();
      source.pieces.reset();
    }
    BYGONE_TRY(impl_->commit_now());
    if (impl_->window.any()) impl_->database->tryExec("PRAGMA incremental_vacuum");
    // One file without companions travels better; where a reader is at work this must wait for the next
    // writer.
    impl_->database->tryExec("PRAGMA busy_timeout = 0");
    impl_->database->tryExec("PRAGMA wal_checkpoint(TRUNCATE)");
    impl_->database->tryExec("PRAGMA journal_mode = DELETE");
    impl_->shrink();
    impl_->shared.reset();
    return {};
  });
  if (!impl_->failed)
    impl_->failed = Error{ErrorKind::internal, impl_->object, "was written to after its end", {}};
  return closed;
}

void Ingest::abandon(std::string_view outcome) {
  impl_->roll_back();
  if (impl_->amends) return;
  const auto mark = [&](const char* key, std::string_view value) {
    SQLite::Statement put(*impl_->database, "INSERT OR REPLACE INTO header(key, value) VALUES(?, ?)");
    put.bind(1, key);
    put.bind(2, std::string(value));
    put.exec();
  };
  const auto marked = guarded(impl_->object, [&] {
    impl_->begin();
    mark("state", "interrupted");
    mark("outcome", outcome);
    impl_->database->exec("COMMIT");
    impl_->in_transaction = false;
  });
  if (!marked) impl_->roll_back();
  impl_->failed = Error{ErrorKind::internal, impl_->object, "has been given up", ""};
}

const IngestCounts& Ingest::counts() const {
  return impl_->counts;
}
EventNumber Ingest::last_event() const {
  return impl_->last;
}

}  // namespace bygone
