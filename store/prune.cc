#include "store/prune.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

#include "schema/page_table.h"
#include "schema/rows.h"
#include "store/blob_reader.h"
#include "store/database.h"
#include "store/row_sql.h"

namespace bygone {

namespace {

// What is dropped for size goes down to this share of the bound: there is the write-ahead log besides, and
// what comes until the next snapshot.
constexpr double kShareUsed = 0.8;
// How many times the window is made smaller at once.
constexpr int kMostSteps = 64;

int64_t number(SQLite::Database& database, const std::string& sql) {
  SQLite::Statement statement(database, sql);
  return statement.executeStep() ? statement.getColumn(0).getInt64() : 0;
}

void drop_rows(SQLite::Database& database, std::string_view table, const std::vector<int64_t>& ids) {
  SQLite::Statement drop(database, fmt::format("DELETE FROM {} WHERE id = ?", table));
  for (const int64_t id : ids) {
    drop.reset();
    drop.bind(1, id);
    drop.exec();
  }
}

// Rows that belong to one event each.
constexpr std::string_view kEventTables[] = {"frame",
                                             "memory_write",
                                             "output",
                                             "signal",
                                             "extended_state",
                                             "memory_digest",
                                             "path_argument",
                                             "snapshot",
                                             "snapshot_task",
                                             "snapshot_space",
                                             "snapshot_file",
                                             "snapshot_advice",
                                             "mapping_checkpoint"};
// Rows that hold for a while.
constexpr std::string_view kIntervalTables[] = {"mapping", "task_address_space", "address_space"};
// Tables whose rows name payloads.
constexpr std::string_view kPayloadTables[] = {
    "memory_write",  "output",         "signal",        "extended_state", "mapping",
    "snapshot_task", "snapshot_space", "snapshot_file", "page",           "unfinished_row"};

}  // namespace

uint64_t Pruner::used_bytes() {
  const int64_t pages = pragma_number(database_, "page_count") - pragma_number(database_, "freelist_count");
  return uint64_t(pages) * uint64_t(pragma_number(database_, "page_size"));
}

// The latest snapshot that leaves as much as is to be kept.
EventNumber Pruner::wanted_beginning() {
  int64_t beginning = 0;
  if (bounds_.time_ns != 0) {
    const int64_t now = number(database_, "SELECT time_ns FROM frame ORDER BY event DESC LIMIT 1");
    SQLite::Statement select(
        database_,
        "SELECT s.event FROM snapshot s JOIN frame f ON f.event = s.event WHERE f.time_ns <= ? "
        "ORDER BY s.event DESC LIMIT 1");
    select.bind(1, now - int64_t(bounds_.time_ns));
    if (select.executeStep()) beginning = select.getColumn(0).getInt64();
  }
  if (bounds_.size_bytes != 0 && used_bytes() > uint64_t(double(bounds_.size_bytes) * kShareUsed)) {
    // The second: the first opens the window as it is. Until a first snapshot has opened one, that.
    const bool opened =
        number(database_, fmt::format("SELECT count(*) FROM header WHERE key = '{}'", kFirstEventKey)) != 0;
    beginning = std::max(
        beginning,
        number(database_,
               fmt::format("SELECT event FROM snapshot ORDER BY event LIMIT 1 OFFSET {}", opened ? 1 : 0)));
  }
  return EventNumber{uint64_t(beginning)};
}

void Pruner::drop_before(EventNumber beginning) {
  const auto drop = [&](const std::string& sql) {
    SQLite::Statement statement(database_, sql);
    statement.bind(1, int64_t(beginning.value));
    statement.exec();
  };
  for (const auto table : kEventTables)
    if (database_.tableExists(std::string(table))) drop(fmt::format("DELETE FROM {} WHERE event < ?", table));
  for (const auto table : kIntervalTables) drop(fmt::format("DELETE FROM {} WHERE end_event <= ?", table));
  // The first task says how the program ended.
  drop("DELETE FROM task WHERE end_event <= ? AND parent <> 0");
  drop("DELETE FROM frame_chunk WHERE last_event < ?");
  for (const char* summary : {"chunk_call", "chunk_task"})
    if (database_.tableExists(summary)) drop(fmt::format("DELETE FROM {} WHERE last_event < ?", summary));
  // Rows of `content` stay: the recorder knows their numbers and may map the files again.
}

// Pages that no snapshot names any more.
Expected<void> Pruner::drop_pages() {
  std::map<uint64_t, uint64_t> used;  // first page number -> end; runs may overlap
  for (const char* table : {"snapshot_space", "snapshot_file"}) {
    BlobReader blobs(database_, [](std::span<const std::byte>) -> Expected<std::vector<std::byte>> {
      return fail(ErrorKind::internal, "page table", "is shared with other recordings");
    });
    SQLite::Statement select(database_, fmt::format("SELECT {} FROM {}", kPayloadColumns, table));
    while (select.executeStep()) {
      BYGONE_ASSIGN(const auto position, read_payload(select, 0));
      if (!position) continue;
      BYGONE_ASSIGN(const auto bytes, blobs.read(*position));
      BYGONE_ASSIGN(const PageTable pages, decode_page_table(bytes));
      for (const PageRun& run : pages) {
        if (run.first == kZeroPage) continue;
        uint64_t& end = used[run.first.value];
        end = std::max(end, run.first.value + run.count);
      }
    }
  }
  std::vector<std::pair<uint64_t, uint64_t>> merged;
  for (const auto& [first, end] : used) {
    if (!merged.empty() && first <= merged.back().second)
      merged.back().second = std::max(merged.back().second, end);
    else
      merged.emplace_back(first, end);
  }
  std::vector<int64_t> unused;
  SQLite::Statement batches(database_, "SELECT id, pages FROM page ORDER BY id");
  auto next = merged.begin();
  while (batches.executeStep()) {
    const uint64_t first = uint64_t(batches.getColumn(0).getInt64());
    const uint64_t end = first + uint64_t(batches.getColumn(1).getInt64());
    while (next != merged.end() && next->second <= first) ++next;
    if (next == merged.end() || next->first >= end) unused.push_back(int64_t(first));
  }
  drop_rows(database_, "page", unused);
  return {};
}

// Blobs that no payload lies in any more. A payload begins in one blob and runs on into those behind it.
Expected<void> Pruner::drop_blobs() {
  std::map<int64_t, int64_t> sizes;  // of the blobs, by id
  SQLite::Statement all(database_, "SELECT id, size_bytes FROM blob ORDER BY id");
  while (all.executeStep()) sizes[all.getColumn(0).getInt64()] = all.getColumn(1).getInt64();
  std::set<int64_t> used;
  for (const auto table : kPayloadTables) {
    SQLite::Statement select(
        database_,
        fmt::format(
            "SELECT DISTINCT blob, max(blob_offset_bytes + blob_size_bytes) FROM {} WHERE blob > 0 GROUP "
            "BY blob",
            table));
    while (select.executeStep()) {
      int64_t left = select.getColumn(1).getInt64();
      for (auto blob = sizes.find(select.getColumn(0).getInt64()); blob != sizes.end() && left > 0; ++blob) {
        used.insert(blob->first);
        left -= blob->second;
      }
    }
  }
  std::vector<int64_t> unused;
  // The last may get a payload yet: numbers go on from there.
  for (const auto& [id, size] : sizes)
    if (!used.contains(id) && id != sizes.rbegin()->first) unused.push_back(id);
  drop_rows(database_, "blob", unused);
  return {};
}

Expected<EventNumber> Pruner::prune() {
  EventNumber dropped;
  for (int step = 0; step < kMostSteps; ++step) {
    const EventNumber present{
        uint64_t(number(database_, fmt::format("SELECT CAST(value AS INTEGER) FROM header WHERE key = '{}'",
                                               kFirstEventKey)))};
    const EventNumber beginning = wanted_beginning();
    if (beginning <= present) break;
    drop_before(beginning);
    BYGONE_TRY(drop_pages());
    BYGONE_TRY(drop_blobs());
    SQLite::Statement mark(database_, "INSERT OR REPLACE INTO header(key, value) VALUES(?, ?)");
    mark.bind(1, std::string(kFirstEventKey));
    mark.bind(2, std::to_string(beginning.value));
    mark.exec();
    dropped = beginning;
  }
  return dropped;
}

}  // namespace bygone
