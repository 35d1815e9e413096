#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "schema/page_table.h"
#include "schema/rows.h"
#include "schema/task_state.h"
#include "store/recording_reader.h"

namespace bygone {

// What a snapshot says of a moment, without the bytes of the pages.
struct SnapshotState {
  struct SpaceState {
    SnapshotSpace row;
    PageTable pages;  // by address
    std::vector<SnapshotAdvice> advice;
  };
  struct FileState {
    SnapshotFile row;
    PageTable pages;  // by offset
  };
  Snapshot snapshot;
  std::vector<TaskState> tasks;
  std::vector<SpaceState> spaces;
  std::vector<FileState> files;
};

// Reads the snapshots of a recording, which may be hostile, and which may have none: recordings of formats
// before 3 never do. The reader must outlive it. Not thread-safe.
class SnapshotReader {
 public:
  explicit SnapshotReader(RecordingReader& recording) : recording_(recording) {}

  // All, by event.
  Expected<std::vector<Snapshot>> list();
  // The last one at or before `event`.
  Expected<std::optional<Snapshot>> nearest(EventNumber event);
  // Fails with not_found where there is none at exactly this event.
  Expected<SnapshotState> state_at(EventNumber event);
  // Visits the pages of a table in pieces: the page number of the first, and the bytes. Kept pages come in
  // the order they are stored in, pages of zeroes last and with an empty span and a count.
  using Visit =
      std::function<Expected<void>(uint64_t page, uint64_t count, std::span<const std::byte> bytes)>;
  Expected<void> visit_pages(const PageTable& table, const Visit& visit);
  // The number the next kept page gets.
  Expected<PageId> next_page();

 private:
  bool has_tables();
  RecordingReader& recording_;
};

}  // namespace bygone
