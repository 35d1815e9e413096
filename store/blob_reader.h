#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <list>
#include <vector>

#include "schema/error.h"
#include "store/blob_position.h"
#include "store/compression.h"

namespace bygone {

// Reads payloads out of a recording's blobs, keeping the few used last. Positions may be nonsense.
class BlobReader {
 public:
  explicit BlobReader(SQLite::Database& database);

  // Throws SQLite::Exception besides.
  Expected<std::vector<std::byte>> read(const BlobPosition& position);

 private:
  struct Loaded {
    int64_t id;
    std::vector<std::byte> bytes;
  };
  Expected<const std::vector<std::byte>*> load(int64_t id);

  SQLite::Statement select_;
  Decompressor decompressor_;
  std::list<Loaded> recent_;  // used last in front
};

}  // namespace bygone
