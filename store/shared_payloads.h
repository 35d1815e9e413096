#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "schema/error.h"
#include "store/blob_position.h"
#include "store/catalog.h"

namespace bygone {

// Payloads of at least this size are worth to be looked for in the catalog.
inline constexpr size_t kSmallestSharedBytes = 4 << 10;

// Puts large payloads of a recording, most of which are parts of files that a program read, into chunks of
// the catalog: what any recording read before takes no space again. Members throw SQLite::Exception besides.
class SharedPayloads {
 public:
  // `next` is the id of the first row of shared_chunk to be written. Compresses on `pool`.
  SharedPayloads(SQLite::Database& recording, std::string name, std::filesystem::path catalog, int64_t next,
                 WorkPool& pool);

  // Where a payload, or a piece of one, will be; pieces that come one after the other lie one behind the
  // other if all but the last are multiples of kChunkBytes. The catalog has them after flush().
  enum class Extent { whole, piece };
  Expected<BlobPosition> append(std::span<const std::byte> payload, Extent extent);

  // Commits what the catalog lacks. To be called before the recording's own commit: a recording refers to
  // nothing that is not there.
  Expected<void> flush();

  uint64_t raw_bytes() const { return raw_bytes_; }
  // What the catalog did not have, compressed.
  uint64_t stored_bytes() const { return stored_bytes_; }

 private:
  struct Pending {
    size_t offset = 0;
    size_t size = 0;
    Sha256Digest sha256{};
  };

  WorkPool& pool_;
  std::filesystem::path catalog_path_;
  std::unique_ptr<Catalog> catalog_;  // opened when it is needed first
  std::string name_;
  SQLite::Statement insert_;
  std::map<Sha256Digest, int64_t> known_;  // payloads of one chunk that this recording has
  std::vector<std::byte> bytes_;           // of pending_
  std::vector<Pending> pending_;
  int64_t next_;
  uint64_t raw_bytes_ = 0;
  uint64_t stored_bytes_ = 0;
};

}  // namespace bygone
