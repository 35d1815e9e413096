#include "store/snapshot_reader.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/core.h>

#include <algorithm>

#include "store/database.h"
#include "store/recording_access.h"
#include "store/row_sql.h"

namespace bygone {

namespace {

// What is believed of one.
constexpr uint64_t kMostPagesPerBatch = 1 << 14;

tl::unexpected<Error> damaged(EventNumber event, std::string cause) {
  return fail(ErrorKind::bad_data, fmt::format("snapshot of event {}", event.value), std::move(cause),
              "`bygone verify` says how far the recording can be used; replay from an earlier event");
}

template <class Row>
struct RowWithBytes {
  Row row;
  std::vector<std::byte> bytes;
};

// The rows of a snapshot, with their payloads.
template <class Row>
Expected<std::vector<RowWithBytes<Row>>> rows_at(RecordingReader& recording, EventNumber event) {
  constexpr int kColumns = std::tuple_size_v<decltype(RowFields<Row>::fields)>;
  SQLite::Statement select(
      recording_database(recording),
      fmt::format("SELECT {}, {} FROM {} WHERE event = ? ORDER BY {}", column_list<Row>(), kPayloadColumns,
                  RowFields<Row>::table, RowFields<Row>::key));
  select.bind(1, int64_t(event.value));
  std::vector<RowWithBytes<Row>> rows;
  while (select.executeStep()) {
    auto& item = rows.emplace_back();
    BYGONE_TRY(read_row(select, item.row));
    BYGONE_ASSIGN(const auto payload, read_payload(select, kColumns));
    if (!payload) continue;
    BYGONE_ASSIGN(item.bytes, payload_bytes(recording, *payload));
  }
  return rows;
}

}  // namespace

bool SnapshotReader::has_tables() {
  return pragma_number(recording_database(recording_), "user_version") >= kSnapshotsSince;
}

Expected<std::vector<Snapshot>> SnapshotReader::list() {
  return guarded(recording_.name(), [&]() -> Expected<std::vector<Snapshot>> {
    std::vector<Snapshot> all;
    if (!has_tables()) return all;
    // One in progress has gone on since it was opened.
    SQLite::Statement select(
        recording_database(recording_),
        fmt::format("SELECT {} FROM snapshot WHERE event <= ? ORDER BY event", column_list<Snapshot>()));
    select.bind(1, int64_t(recording_.last_event().value));
    while (select.executeStep()) BYGONE_TRY(read_row(select, all.emplace_back()));
    return all;
  });
}

Expected<std::optional<Snapshot>> SnapshotReader::nearest(EventNumber event) {
  return guarded(recording_.name(), [&]() -> Expected<std::optional<Snapshot>> {
    if (!has_tables()) return std::optional<Snapshot>{};
    SQLite::Statement select(
        recording_database(recording_),
        fmt::format("SELECT {} FROM snapshot WHERE event <= ? ORDER BY event DESC LIMIT 1",
                    column_list<Snapshot>()));
    select.bind(1, int64_t(event.value));
    if (!select.executeStep()) return std::optional<Snapshot>{};
    Snapshot row;
    BYGONE_TRY(read_row(select, row));
    return std::optional(row);
  });
}

Expected<SnapshotState> SnapshotReader::state_at(EventNumber event) {
  return guarded(recording_.name(), [&]() -> Expected<SnapshotState> {
    SnapshotState state;
    const ReadTransaction transaction(recording_database(recording_));
    BYGONE_ASSIGN(const auto found, nearest(event));
    if (!found || found->event != event)
      return fail(ErrorKind::not_found, fmt::format("snapshot of event {}", event.value),
                  "is not in this recording");
    state.snapshot = *found;
    BYGONE_ASSIGN(const auto tasks, rows_at<SnapshotTask>(recording_, event));
    for (const auto& [row, bytes] : tasks) {
      BYGONE_ASSIGN(TaskState task, decode_task_state(row, bytes));
      state.tasks.push_back(std::move(task));
    }
    BYGONE_ASSIGN(const auto spaces, rows_at<SnapshotSpace>(recording_, event));
    for (const auto& [row, bytes] : spaces) {
      BYGONE_ASSIGN(PageTable pages, decode_page_table(bytes));
      state.spaces.push_back({row, std::move(pages), {}});
    }
    SQLite::Statement advice(
        recording_database(recording_),
        fmt::format("SELECT {} FROM snapshot_advice WHERE event = ?", column_list<SnapshotAdvice>()));
    advice.bind(1, int64_t(event.value));
    while (advice.executeStep()) {
      SnapshotAdvice row;
      BYGONE_TRY(read_row(advice, row));
      for (auto& space : state.spaces)
        if (space.row.address_space == row.address_space) space.advice.push_back(row);
    }
    BYGONE_ASSIGN(const auto files, rows_at<SnapshotFile>(recording_, event));
    for (const auto& [row, bytes] : files) {
      BYGONE_ASSIGN(PageTable pages, decode_page_table(bytes));
      state.files.push_back({row, std::move(pages)});
    }
    for (const auto& task : state.tasks) {
      const bool known = std::any_of(state.spaces.begin(), state.spaces.end(), [&](const auto& space) {
        return space.row.address_space == task.row.address_space;
      });
      if (!known) return damaged(event, fmt::format("the memory of task {} is missing", task.row.task.value));
    }
    return state;
  });
}

Expected<void> SnapshotReader::visit_pages(const PageTable& table, const Visit& visit) {
  PageTable by_page = table;
  std::stable_sort(by_page.begin(), by_page.end(),
                   [](const PageRun& a, const PageRun& b) { return a.first < b.first; });
  const auto first_kept =
      std::find_if(by_page.begin(), by_page.end(), [](const PageRun& run) { return run.first != kZeroPage; });
  return guarded(recording_.name(), [&]() -> Expected<void> {
    SQLite::Statement select(recording_database(recording_),
                             fmt::format("SELECT {}, {} FROM page WHERE id <= ? ORDER BY id DESC LIMIT 1",
                                         column_list<PageBatch>(), kPayloadColumns));
    constexpr int kColumns = std::tuple_size_v<decltype(RowFields<PageBatch>::fields)>;
    PageBatch batch;
    std::vector<std::byte> bytes;  // of the batch
    for (auto run = first_kept; run != by_page.end(); ++run) {
      for (uint64_t done = 0; done < run->count;) {
        const uint64_t id = run->first.value + done;
        if (bytes.empty() || id < batch.id.value || id - batch.id.value >= batch.pages) {
          bytes.clear();
          select.bind(1, int64_t(id));
          std::optional<BlobPosition> stored;
          if (select.executeStep()) {
            BYGONE_TRY(read_row(select, batch));
            BYGONE_ASSIGN(stored, read_payload(select, kColumns));
          }
          select.reset();
          const bool sound = stored && id - batch.id.value < batch.pages &&
                             batch.pages <= kMostPagesPerBatch &&
                             uint64_t(stored->size_bytes) == batch.pages * kPageSize;
          if (!sound)
            return fail(ErrorKind::bad_data, fmt::format("page {}", id), "is not stored as a table says",
                        "the snapshots that name it cannot be used; replay from an earlier event");
          BYGONE_ASSIGN(bytes, payload_bytes(recording_, *stored));
        }
        const uint64_t into = id - batch.id.value;
        const uint64_t count = std::min(run->count - done, batch.pages - into);
        BYGONE_TRY(visit(run->at + done, count,
                         std::span<const std::byte>(bytes).subspan(into * kPageSize, count * kPageSize)));
        done += count;
      }
    }
    for (auto run = by_page.begin(); run != first_kept; ++run) BYGONE_TRY(visit(run->at, run->count, {}));
    return {};
  });
}

Expected<PageId> SnapshotReader::next_page() {
  return guarded(recording_.name(), [&]() -> Expected<PageId> {
    if (!has_tables()) return PageId{1};
    SQLite::Statement last(recording_database(recording_), "SELECT coalesce(max(id + pages), 1) FROM page");
    const int64_t next = last.executeStep() ? last.getColumn(0).getInt64() : 1;
    return PageId{uint64_t(std::max<int64_t>(next, 1))};
  });
}

}  // namespace bygone
