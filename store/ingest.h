#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "schema/error.h"
#include "schema/record.h"
#include "schema/rows.h"

namespace bygone {

struct IngestOptions {
  std::filesystem::path database;     // an empty file, claimed for this recording
  std::filesystem::path catalog;      // where large payloads go; empty: they stay in the recording
  std::vector<HeaderEntry> header;    // goes in first
  std::function<int64_t()> clock_ns;  // monotonic; empty for the real one
  int64_t commit_interval_ns = 200'000'000;
};

// What an ingest has done so far.
struct IngestCounts {
  EventNumber committed_event;        // the last event readers can see
  uint64_t committed_position = 0;    // see set_position()
  uint64_t payload_bytes = 0;         // as they came
  uint64_t stored_payload_bytes = 0;  // compressed
  uint64_t commits = 0;
};

// Turns the records of one recording into rows of its database. It knows nothing of where the records come
// from, and trusts them in nothing: bad bytes are an error, after which this recording takes no more.
//
// An event's rows become visible together: rows that belong to an event which has no frame row yet wait in
// memory and enter the database with their frame. Commits happen when asked for, when enough is pending and
// when commit_interval_ns has passed. Not thread-safe.
class Ingest {
 public:
  static Expected<std::unique_ptr<Ingest>> create(IngestOptions options);
  // Goes on where an ingest stopped whose process died: everything up to counts().committed_position is
  // there, the records behind it must come again. Fails with not_found if the recording was closed.
  static Expected<std::unique_ptr<Ingest>> resume(IngestOptions options);
  ~Ingest();
  Ingest(const Ingest&) = delete;
  Ingest& operator=(const Ingest&) = delete;

  Expected<void> append(RecordType type, std::span<const std::byte> row, std::span<const std::byte> payload);

  // The first part of the payload of the next row, which may be longer than memory.
  Expected<void> append_piece(std::span<const std::byte> piece);

  // To be called before the record numbered `position` is given in: a commit of it remembers the number.
  void set_position(uint64_t position);

  // Commits all complete events.
  Expected<void> commit();
  // Commits if commit_interval_ns has passed since the last commit and something is pending.
  Expected<void> tick();

  // Writes the outcome and closes the database. A recording whose tasks have all ended is `finished`, any
  // other is `interrupted`; rows of an incomplete event are dropped. No other call may follow.
  Expected<void> close();

  const IngestCounts& counts() const;
  // The last event whose frame has been appended, committed or not.
  EventNumber last_event() const;

 private:
  struct Impl;
  explicit Ingest(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace bygone
