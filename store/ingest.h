#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/error.h"
#include "schema/record.h"
#include "schema/rows.h"
#include "store/work_pool.h"

namespace bygone {

// What a commit outlives: the death of every process, or that of the machine too, which costs a sync each.
enum class Durability { survives_processes, survives_machine };

struct IngestOptions {
  std::filesystem::path database;     // an empty file, claimed for this recording
  std::filesystem::path catalog;      // where large payloads go; empty: they stay in the recording
  std::vector<HeaderEntry> header;    // goes in first
  std::function<int64_t()> clock_ns;  // monotonic; empty for the real one
  int64_t commit_interval_ns = 200'000'000;
  Durability durability = Durability::survives_processes;
  WorkPool* pool = &WorkPool::inline_work();  // to compress on; must outlive the ingest
};

// What an ingest has done so far.
struct IngestCounts {
  EventNumber committed_event;        // the last event readers can see
  uint64_t committed_position = 0;    // of source 0, see set_position()
  uint64_t payload_bytes = 0;         // as they came
  uint64_t stored_payload_bytes = 0;  // compressed
  uint64_t commits = 0;
};

// Who a record comes from. Most recordings have one source, number 0.
using SourceId = uint32_t;
inline constexpr SourceId kMostSources = 1 << 10;

// Turns the records of one recording into rows of its database. It knows nothing of where the records come
// from, and trusts them in nothing: bad bytes are an error, after which this recording takes no more.
//
// An event's rows become visible together: rows that belong to an event which has no frame row yet wait in
// memory and enter the database with their frame. Commits happen when asked for, when enough is pending and
// when commit_interval_ns has passed. Not thread-safe.
//
// Several sources may feed one recording, each with positions of its own. They share the numbers of events:
// each number comes from one of them, in ascending order, and events enter the database in order whoever
// sends them.
class Ingest {
 public:
  static Expected<std::unique_ptr<Ingest>> create(IngestOptions options);
  // Goes on where an ingest stopped whose process died: everything up to counts().committed_position is
  // there, the records behind it must come again. Fails with not_found if the recording was closed.
  static Expected<std::unique_ptr<Ingest>> resume(IngestOptions options);
  // Adds to a recording that is over: rows of events it has, such as snapshots; no frames. Outcome and state
  // stay what they are. Fails with usage while it is being recorded.
  static Expected<std::unique_ptr<Ingest>> amend(IngestOptions options);
  ~Ingest();
  Ingest(const Ingest&) = delete;
  Ingest& operator=(const Ingest&) = delete;

  Expected<void> append(RecordType type, std::span<const std::byte> row, std::span<const std::byte> payload,
                        SourceId source = 0);

  // The first part of the payload of the next row, which may be longer than memory.
  Expected<void> append_piece(std::span<const std::byte> piece, SourceId source = 0);

  // True for a record that must not be appended before other sources have sent something: the frame of an
  // event that is not the next, or a payload while another source is in the middle of one.
  bool must_wait(RecordType type, std::span<const std::byte> row, std::span<const std::byte> payload,
                 SourceId source) const;

  Expected<SourceId> add_source();
  // Drops what the source has left unfinished.
  void end_source(SourceId source);
  size_t source_count() const;
  bool has_ended(SourceId source) const;

  // To be called before the record numbered `position` is given in: a commit of it remembers the number.
  void set_position(uint64_t position, SourceId source = 0);
  uint64_t committed_position(SourceId source) const;

  // The recorder has been told that this content (sha256, hex) is stored: until its row comes it must not
  // leave the window, whoever else refers to it or not.
  void expect_content(std::string sha256);

  // Commits all complete events.
  Expected<void> commit();
  // Commits if commit_interval_ns has passed since the last commit and something is pending.
  Expected<void> tick();

  // Writes the outcome and closes the database. A recording whose tasks have all ended is `finished`, any
  // other is `interrupted`; rows of an incomplete event are dropped. No other call may follow.
  Expected<void> close();

  // After an error: marks the recording as over with this outcome, where that can still be written, and
  // closes the database. What was committed stays. No other call but counts() may follow.
  void abandon(std::string_view outcome);

  const IngestCounts& counts() const;
  const std::optional<Error>& failure() const;
  // The last event whose frame has been appended, committed or not.
  EventNumber last_event() const;

 private:
  struct Impl;
  explicit Ingest(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace bygone
