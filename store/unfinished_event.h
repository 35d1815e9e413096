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

// Keeps what an ingest has taken but cannot show yet in the table unfinished_row, so that the sender may
// forget it. Row 0 holds the position of the last record taken, and where the pieces of a payload lie whose
// row has not come. Members throw SQLite::Exception.
class UnfinishedEvent {
 public:
  explicit UnfinishedEvent(SQLite::Database& database);

  void save(uint64_t position, const std::vector<WaitingRow>& waiting,
            const std::optional<BlobPosition>& pieces);
  // Returns the position.
  uint64_t load(std::vector<WaitingRow>& waiting, std::optional<BlobPosition>& pieces);

 private:
  void insert(int64_t ordinal, int64_t type, std::span<const std::byte> fields,
              const std::optional<BlobPosition>& payload);

  SQLite::Database& database_;
  SQLite::Statement insert_;
  size_t saved_ = 0;
};

}  // namespace bygone
