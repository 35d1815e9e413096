#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <functional>
#include <list>
#include <optional>
#include <span>
#include <vector>

#include "schema/error.h"
#include "store/blob_position.h"
#include "store/compression.h"

namespace bygone {

// Reads payloads out of a recording's blobs and shared chunks, keeping the few used last. Positions may be
// nonsense.
class BlobReader {
 public:
  // Gets a shared chunk by its SHA-256, and answers for it that it has that.
  using ReadChunk = std::function<Expected<std::vector<std::byte>>(std::span<const std::byte> sha256)>;
  BlobReader(SQLite::Database& database, ReadChunk read_chunk);

  // Throws SQLite::Exception besides.
  Expected<std::vector<std::byte>> read(const BlobPosition& position);

 private:
  struct Loaded {
    int64_t id;
    std::vector<std::byte> bytes;
  };
  Expected<const std::vector<std::byte>*> load(int64_t id);
  Expected<std::vector<std::byte>> read_blob(int64_t id);
  Expected<std::vector<std::byte>> read_shared(int64_t id);

  SQLite::Database& database_;
  ReadChunk read_chunk_;
  SQLite::Statement select_;
  std::optional<SQLite::Statement> select_shared_;  // recordings of format 1 have no such table
  Decompressor decompressor_;
  std::list<Loaded> recent_;  // used last in front
};

}  // namespace bygone
