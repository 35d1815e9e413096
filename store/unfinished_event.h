#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "store/blob_position.h"
#include "store/row_store.h"

namespace bygone {

// A row that waits for the frame of its event.
struct WaitingRow {
  AnyRow row;
  std::optional<BlobPosition> payload;
};

// One of the senders that feed a recording.
struct SourceState {
  std::vector<WaitingRow> waiting;     // rows of its event whose frame has not come yet
  std::optional<BlobPosition> pieces;  // of the payload whose row has not come yet
  uint64_t position = 0;               // of the last record taken
  bool ended = false;
};

// unfinished_row.ordinal is the source's number shifted by this, plus the row's place.
inline constexpr int kSourceShift = 32;

// Keeps what an ingest has taken but cannot show yet in the table unfinished_row, so that the sender may
// forget it. Each source has rows of its own, numbered from source * 2^32. The first of them holds the
// position of the last record taken, where the pieces of a payload lie whose row has not come, and whether
// the source has ended. Members throw SQLite::Exception.
class UnfinishedEvent {
 public:
  explicit UnfinishedEvent(SQLite::Database& database);

  void save(size_t source, const SourceState& state);
  std::vector<SourceState> load();

 private:
  void insert(int64_t ordinal, int64_t type, std::span<const std::byte> fields,
              const std::optional<BlobPosition>& payload);

  SQLite::Database& database_;
  SQLite::Statement insert_;
  std::vector<size_t> saved_;  // rows that wait, of each source
};

}  // namespace bygone
