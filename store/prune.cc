#include "store/prune.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "schema/page_table.h"
#include "schema/rows.h"
#include "store/blob_reader.h"
#include "store/database.h"
#include "store/row_sql.h"

namespace bygone {

namespace {

// Beyond the first share of its bound a window is cut down to the second: there is the write-ahead log
// besides, and what comes until the next snapshot. What lies between is not looked through for every
// snapshot.
constexpr double kShareCut = 0.85;
constexpr double kShareLeft = 0.72;
// So too for one bounded by time.
constexpr double kTimesCut = 1.05;
// How many times the window is made smaller at once.
constexpr int kMostSteps = 64;
// The file gives room back where more than this share of it is free, so much at a time: pages that move go
// through the write-ahead log.
constexpr double kShareFree = 0.35;
constexpr int64_t kGivenBackBytes = 2 << 20;

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
constexpr std::string_view kPayloadTables[] = {"mapping",       "snapshot_task", "snapshot_space",
                                               "snapshot_file", "page",          "unfinished_row"};
// Of these there are many, and what they name grows with the event.
constexpr std::string_view kManyPayloadsTables[] = {"memory_write", "output", "signal", "extended_state"};

}  // namespace

uint64_t Pruner::used_bytes() {
  const int64_t pages = pragma_number(database_, "page_count") - pragma_number(database_, "freelist_count");
  return uint64_t(pages) * uint64_t(pragma_number(database_, "page_size"));
}

// The latest snapshot that leaves as long as is to be kept; 0 where little more than that is there.
EventNumber Pruner::wanted_by_time() {
  const int64_t now = number(database_, "SELECT time_ns FROM frame ORDER BY event DESC LIMIT 1");
  const int64_t first = number(database_, "SELECT time_ns FROM frame ORDER BY event LIMIT 1");
  if (double(now - first) < double(bounds_.time_ns) * kTimesCut) return {};
  SQLite::Statement select(
      database_,
      "SELECT s.event FROM snapshot s JOIN frame f ON f.event = s.event WHERE f.time_ns <= ? "
      "ORDER BY s.event DESC LIMIT 1");
  select.bind(1, now - int64_t(bounds_.time_ns));
  return EventNumber{select.executeStep() ? uint64_t(select.getColumn(0).getInt64()) : 0};
}

// The first snapshot behind `present` that leaves `aim_bytes`, judged by the blobs that were written before
// it. Some of those hold pages it needs, so that this may leave more, and never less.
EventNumber Pruner::wanted_by_size(EventNumber present, uint64_t aim_bytes) {
  SQLite::Statement snapshots(database_,
                              "SELECT event, min(blob) FROM snapshot_space WHERE event > ? AND event IN "
                              "(SELECT event FROM snapshot) GROUP BY event ORDER BY event");
  snapshots.bind(1, int64_t(present.value));
  SQLite::Statement blobs(database_, "SELECT id, length(bytes) FROM blob ORDER BY id");
  bool more = blobs.executeStep();
  uint64_t left = used_bytes();
  EventNumber wanted = present;
  while (left > aim_bytes && snapshots.executeStep()) {
    wanted = EventNumber{uint64_t(snapshots.getColumn(0).getInt64())};
    for (; more && blobs.getColumn(0).getInt64() < snapshots.getColumn(1).getInt64();
         more = blobs.executeStep())
      left -= std::min(left, uint64_t(blobs.getColumn(1).getInt64()));
  }
  return wanted;
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
}

// Those that the recorder had forgotten when the window begins.
std::vector<std::string> Pruner::drop_contents(EventNumber beginning) {
  std::vector<std::string> dropped;
  SQLite::Statement drop(
      database_,
      "DELETE FROM content WHERE id IN (SELECT content FROM content_release WHERE event <= ?) "
      "AND id NOT IN (SELECT content FROM mapping) RETURNING sha256");
  drop.bind(1, int64_t(beginning.value));
  while (drop.executeStep()) dropped.push_back(drop.getColumn(0).getString());
  drop.reset();
  SQLite::Statement settled(database_, "DELETE FROM content_release WHERE event <= ?");
  settled.bind(1, int64_t(beginning.value));
  settled.exec();
  SQLite::Statement is_used(database_, "SELECT 1 FROM content WHERE sha256 = ?");
  std::erase_if(dropped, [&](const std::string& sha256) {
    is_used.reset();
    is_used.bind(1, sha256);
    return is_used.executeStep();
  });
  return dropped;
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
void Pruner::drop_blobs() {
  std::map<int64_t, int64_t> sizes;  // of the blobs, by id
  SQLite::Statement all(database_, "SELECT id, size_bytes FROM blob ORDER BY id");
  while (all.executeStep()) sizes[all.getColumn(0).getInt64()] = all.getColumn(1).getInt64();
  int64_t all_used_from = std::numeric_limits<int64_t>::max();
  for (const auto table : kManyPayloadsTables)
    if (const int64_t first =
            number(database_, fmt::format("SELECT min(blob) FROM {} WHERE blob > 0", table)))
      all_used_from = std::min(all_used_from, first);
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
    if (id < all_used_from && !used.contains(id) && id != sizes.rbegin()->first) unused.push_back(id);
  drop_rows(database_, "blob", unused);
}

void Pruner::give_back() {
  const double all = double(pragma_number(database_, "page_count"));
  const double free = double(pragma_number(database_, "freelist_count"));
  if (free <= all * kShareFree) return;
  const int64_t pages = kGivenBackBytes / pragma_number(database_, "page_size");
  database_.exec(fmt::format("PRAGMA incremental_vacuum({})", pages));
}

Expected<PruneOutcome> Pruner::prune() {
  PruneOutcome outcome;
  const int64_t opened = number(
      database_, fmt::format("SELECT CAST(value AS INTEGER) FROM header WHERE key = '{}'", kFirstEventKey));
  EventNumber present{uint64_t(opened)};
  for (int step = 0; step < kMostSteps; ++step) {
    EventNumber beginning = bounds_.time_ns != 0 ? std::max(present, wanted_by_time()) : present;
    const double share = outcome.beginning.value == 0 ? kShareCut : kShareLeft;
    if (bounds_.size_bytes != 0 && double(used_bytes()) > double(bounds_.size_bytes) * share)
      beginning =
          std::max(beginning, wanted_by_size(present, uint64_t(double(bounds_.size_bytes) * kShareLeft)));
    if (beginning == present) break;
    present = outcome.beginning = beginning;
    drop_before(beginning);
    for (std::string& sha256 : drop_contents(beginning)) outcome.contents.push_back(std::move(sha256));
    BYGONE_TRY(drop_pages());
    drop_blobs();
  }
  if (outcome.beginning.value != 0) {
    SQLite::Statement mark(database_, "INSERT OR REPLACE INTO header(key, value) VALUES(?, ?)");
    mark.bind(1, std::string(kFirstEventKey));
    mark.bind(2, std::to_string(present.value));
    mark.exec();
  }
  give_back();
  outcome.used_bytes = used_bytes();
  outcome.is_least =
      present == EventNumber{uint64_t(number(database_, "SELECT coalesce(max(event), 0) FROM snapshot"))};
  return outcome;
}

}  // namespace bygone
