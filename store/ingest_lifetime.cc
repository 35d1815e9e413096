// How the ingest of a recording begins, new or once more, and how it ends.

#include <fmt/core.h>

#include <chrono>

#include "schema/version.h"
#include "store/ingest_impl.h"
#include "store/recording_schema.h"
#include "store/row_sql.h"

namespace bygone {

namespace {

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

Ingest::Impl::Impl(std::unique_ptr<SQLite::Database> db, IngestOptions given)
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
    shared.emplace(*database, object, options.catalog, last_id(*database, "shared_chunk") + 1, *options.pool);
}

Ingest::Ingest(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Ingest::~Ingest() = default;

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

// Every table takes a page at least: large pages are for large recordings.
void Ingest::Impl::shrink() {
  if (pragma_number(*database, "page_count") * pragma_number(*database, "page_size") > kSmallRecordingBytes)
    return;
  database->tryExec(fmt::format("PRAGMA page_size = {}", kSmallPageBytes));
  database->tryExec("VACUUM");
}

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

}  // namespace bygone
