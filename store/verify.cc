#include "store/verify.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/core.h>
#include <sqlite3.h>

#include <map>
#include <set>

#include "store/database.h"
#include "store/mapping_checkpoint.h"
#include "store/recording_access.h"
#include "store/row_sql.h"
#include "store/snapshot_reader.h"

namespace bygone {

namespace {

tl::unexpected<Error> unsound(std::string object, std::string cause) {
  return fail(ErrorKind::bad_data, std::move(object), std::move(cause), "record again if there is no copy");
}

class Verifier {
 public:
  Verifier(RecordingReader& reader, VerifyContent content)
      : reader_(reader), database_(recording_database(reader)), content_(content) {}

  Expected<VerifyReport> run();

 private:
  Expected<void> pages();
  Expected<void> frames();
  template <class Row>
  Expected<void> rows();
  template <class Row>
  Expected<void> interval(const Row& row);
  Expected<void> mappings();
  Expected<void> contents();
  Expected<void> snapshots();

  RecordingReader& reader_;
  SQLite::Database& database_;
  VerifyContent content_;
  VerifyReport report_;
};

// What SQLite itself can say about its pages and indexes.
Expected<void> Verifier::pages() {
  SQLite::Statement check(database_, "PRAGMA integrity_check(1)");
  if (check.executeStep() && check.getColumn(0).getString() != "ok")
    return unsound(reader_.name(), fmt::format("is damaged ({})", check.getColumn(0).getString()));
  return {};
}

Expected<void> Verifier::frames() {
  return reader_.for_each_full_frame(
      reader_.first_event(), reader_.last_event(), [&](FullFrame& frame) -> Expected<bool> {
        ++report_.events;
        for (const WriteWithBytes& write : frame.writes) report_.payload_bytes += write.bytes.size();
        for (const OutputWithBytes& output : frame.outputs) report_.payload_bytes += output.bytes.size();
        report_.payload_bytes += frame.siginfo.size() + frame.extended_state.size();
        return true;
      });
}

template <class Row>
Expected<void> Verifier::interval(const Row& row) {
  if constexpr (requires { row.end_event; }) {
    if (row.end_event < row.first_event)
      return unsound(fmt::format("table {}", RowFields<Row>::table),
                     fmt::format("a row from event {} ends before it begins, at {}", row.first_event.value,
                                 row.end_event.value));
  }
  if constexpr (std::is_same_v<Row, Mapping>) {
    if (row.range().empty()) return unsound(fmt::format("mapping {}", row.id.value), "is empty");
  }
  if constexpr (requires { row.first_event; }) {
    if (row.first_event > EventNumber{reader_.last_event().value})
      return unsound(fmt::format("table {}", RowFields<Row>::table),
                     fmt::format("a row begins at event {}, behind the last", row.first_event.value));
  } else if constexpr (requires { row.event; }) {
    if (row.event > reader_.last_event() || row.event == EventNumber{0})
      return unsound(fmt::format("table {}", RowFields<Row>::table),
                     fmt::format("a row belongs to event {}, which is not there", row.event.value));
  }
  return {};
}

template <class Row>
Expected<void> Verifier::rows() {
  const int64_t format = pragma_number(database_, "user_version");
  if (format < since_format<Row>()) return {};
  constexpr bool has_payload = RowFields<Row>::payload == PayloadKind::bytes;
  constexpr int kColumns = std::tuple_size_v<decltype(RowFields<Row>::fields)>;
  SQLite::Statement all(
      database_, fmt::format("SELECT {}{} FROM {}", column_list<Row>(format),
                             has_payload ? fmt::format(", {}", kPayloadColumns) : "", RowFields<Row>::table));
  while (all.executeStep()) {
    Row row{};
    BYGONE_TRY(read_row(all, row));
    BYGONE_TRY(interval(row));
    if constexpr (has_payload) BYGONE_TRY(read_payload(all, kColumns));
    if constexpr (std::is_same_v<Row, Mapping>) {
      if (row.data.source == DataSource::content) BYGONE_TRY(reader_.content(row.data.content));
      BYGONE_ASSIGN(const auto bytes, reader_.mapping_bytes(row.id));
      report_.payload_bytes += bytes.size();
    }
    if constexpr (!std::is_same_v<Row, Frame>) ++report_.rows;
  }
  return {};
}

// Plays the intervals of every address space in order of events: what lies where never overlaps, and every
// checkpoint says what the rows say.
Expected<void> Verifier::mappings() {
  SQLite::Statement spaces(database_, "SELECT DISTINCT address_space FROM mapping");
  // Addresses are unsigned: with the sign bit turned they sort as signed numbers.
  SQLite::Statement changes(
      database_,
      "SELECT first_event AS event, 1 AS begins, id, \"start\", \"end\" FROM mapping WHERE address_space = "
      "?1 "
      "AND end_event > first_event UNION ALL SELECT end_event, 0, id, \"start\", \"end\" FROM mapping "
      "WHERE address_space = ?1 AND end_event > first_event AND end_event < 9223372036854775807 ORDER BY 1, "
      "2");
  SQLite::Statement checkpoints(
      database_, "SELECT event, mappings FROM mapping_checkpoint WHERE address_space = ? ORDER BY event");
  while (spaces.executeStep()) {
    const int64_t space = spaces.getColumn(0).getInt64();
    std::map<uint64_t, std::pair<uint64_t, uint64_t>> held;  // start -> end, id
    std::set<uint64_t> ids;
    changes.reset();
    changes.bind(1, space);
    checkpoints.reset();
    checkpoints.bind(1, space);
    bool have_checkpoint = checkpoints.executeStep();
    const auto compare_checkpoints_before = [&](int64_t event) -> Expected<void> {
      for (; have_checkpoint && checkpoints.getColumn(0).getInt64() < event;
           have_checkpoint = checkpoints.executeStep()) {
        const SQLite::Column column = checkpoints.getColumn(1);
        BYGONE_ASSIGN(const auto stored, decode_ids({static_cast<const std::byte*>(column.getBlob()),
                                                     size_t(column.getBytes())}));
        if (!std::equal(stored.begin(), stored.end(), ids.begin(), ids.end()))
          return unsound(fmt::format("mapping checkpoint of event {}", checkpoints.getColumn(0).getInt64()),
                         "does not list the mappings that hold then");
      }
      return {};
    };
    while (changes.executeStep()) {
      const int64_t event = changes.getColumn(0).getInt64();
      BYGONE_TRY(compare_checkpoints_before(event));
      const uint64_t id = uint64_t(changes.getColumn(2).getInt64());
      const uint64_t start = uint64_t(changes.getColumn(3).getInt64());
      const uint64_t end = uint64_t(changes.getColumn(4).getInt64());
      if (changes.getColumn(1).getInt() == 0) {
        held.erase(start);
        ids.erase(id);
        continue;
      }
      const auto above = held.lower_bound(start);
      const bool overlaps = (above != held.end() && above->first < end) ||
                            (above != held.begin() && std::prev(above)->second.first > start);
      if (overlaps)
        return unsound(fmt::format("mapping {}", id),
                       fmt::format("overlaps another of its address space at event {}", event));
      held[start] = {end, id};
      ids.insert(id);
    }
    BYGONE_TRY(compare_checkpoints_before(INT64_MAX));
  }
  return {};
}

// Every snapshot decodes, every page it names is there, and a recording that begins with one has it.
Expected<void> Verifier::snapshots() {
  SnapshotReader snapshots(reader_);
  BYGONE_ASSIGN(const auto all, snapshots.list());
  const auto begins = [&](const Snapshot& snapshot) { return snapshot.event == reader_.first_event(); };
  if (reader_.begins_with_snapshot() && std::none_of(all.begin(), all.end(), begins))
    return unsound(reader_.name(), fmt::format("lacks the snapshot of event {} with which it begins",
                                               reader_.first_event().value));
  std::map<uint64_t, uint64_t> batches;  // first page -> end
  if (!all.empty()) {
    SQLite::Statement select(database_, "SELECT id, pages, blob_size_bytes FROM page ORDER BY id");
    while (select.executeStep()) {
      const int64_t id = select.getColumn(0).getInt64(), pages = select.getColumn(1).getInt64();
      if (id <= 0 || pages <= 0 || pages > (int64_t{1} << 30) ||
          select.getColumn(2).getInt64() != pages * int64_t(kPageSize))
        return unsound(fmt::format("page {}", id), "is not as long as its row says");
      batches[uint64_t(id)] = uint64_t(id) + uint64_t(pages);
    }
  }
  const auto is_kept = [&](uint64_t page) {
    const auto after = batches.upper_bound(page);
    return after != batches.begin() && page < std::prev(after)->second;
  };
  for (const Snapshot& snapshot : all) {
    BYGONE_ASSIGN(const SnapshotState state, snapshots.state_at(snapshot.event));
    const auto check = [&](const PageTable& table) -> Expected<void> {
      for (const PageRun& run : table)
        if (run.first != kZeroPage &&
            (!is_kept(run.first.value) || !is_kept(run.page(run.at + run.count - 1).value)))
          return unsound(fmt::format("snapshot of event {}", snapshot.event.value),
                         fmt::format("names page {}, which is not kept", run.first.value));
      return {};
    };
    for (const auto& space : state.spaces) BYGONE_TRY(check(space.pages));
    for (const auto& file : state.files) BYGONE_TRY(check(file.pages));
  }
  return {};
}

Expected<void> Verifier::contents() {
  SQLite::Statement all(database_, "SELECT id FROM content ORDER BY id");
  while (all.executeStep()) {
    const ContentId id{uint64_t(all.getColumn(0).getInt64())};
    BYGONE_ASSIGN(const Content content, reader_.content(id));
    BYGONE_TRY(verify_content(reader_, id));
    ++report_.contents;
    report_.content_bytes += content.size_bytes;
  }
  return {};
}

Expected<VerifyReport> Verifier::run() {
  const ReadTransaction transaction(database_);
  BYGONE_TRY(pages());
  BYGONE_TRY(frames());
  Expected<void> result;
  [&]<class... Row>(std::type_identity<std::tuple<Row...>>) {
    static_cast<void>(((result = rows<Row>()).has_value() && ...));
  }(std::type_identity<TableRows>{});
  BYGONE_TRY(result);
  BYGONE_TRY(mappings());
  BYGONE_TRY(snapshots());
  if (content_ == VerifyContent::yes) BYGONE_TRY(contents());
  return report_;
}

}  // namespace

Expected<VerifyReport> verify_recording(RecordingReader& reader, VerifyContent content) {
  BYGONE_TRY(reader.refresh());
  return guarded(reader.name(), [&] { return Verifier(reader, content).run(); });
}

}  // namespace bygone
