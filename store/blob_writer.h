#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <optional>
#include <span>
#include <vector>

#include "store/blob_position.h"
#include "store/compression_queue.h"

namespace bygone {

// Appends payloads to the byte stream of a recording. Members throw SQLite::Exception.
class BlobWriter {
 public:
  // `next` is the id of the first blob to be written. Compresses on `pool`.
  BlobWriter(SQLite::Database& database, int64_t next, WorkPool& pool);

  // Where the payload will be once flush() has run; nullopt for an empty one.
  std::optional<BlobPosition> append(std::span<const std::byte> payload);

  // Stores what is open or being compressed, so that everything appended can be read after the transaction's
  // commit.
  void flush();

  uint64_t raw_bytes() const { return raw_bytes_; }
  uint64_t stored_bytes() const { return stored_bytes_; }

 private:
  void close_blob();
  void store(int64_t id, size_t size_bytes, std::span<const std::byte> compressed);

  SQLite::Statement insert_;
  CompressionQueue queue_;
  std::vector<std::byte> open_;
  int64_t next_;
  uint64_t raw_bytes_ = 0;
  uint64_t stored_bytes_ = 0;
};

}  // namespace bygone
