#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "schema/error.h"
#include "store/compression.h"

namespace bygone {

// Reads the bytes of stored files out of a database with content tables (a catalog or a packed recording),
// which may be damaged. Members throw SQLite::Exception besides.
class ContentReader {
 public:
  explicit ContentReader(SQLite::Database& database);

  // Fails with not_found if there is no such content.
  Expected<void> read(const std::string& sha256, uint64_t offset_bytes, std::span<std::byte> out);

  // The first offset from `offset_bytes` on that lies in a chunk which is not all zero; the size of the
  // content if there is none.
  Expected<uint64_t> next_data(const std::string& sha256, uint64_t offset_bytes);

  // The chunk with this SHA-256, which its bytes are checked against.
  Expected<std::vector<std::byte>> chunk(std::span<const std::byte> sha256);

  // Reads the whole content and compares size, chunk count and SHA-256.
  Expected<void> verify(const std::string& sha256, uint64_t size_bytes);

 private:
  // Contents with long holes had it before those were left out of it.
  bool has_plain_hash(const std::string& sha256, uint64_t size_bytes);
  struct Found {
    int64_t id = 0;
    int64_t size_bytes = 0;
    int64_t chunk_count = 0;
  };
  struct Loaded {
    int64_t chunk;
    std::vector<std::byte> bytes;
  };
  Expected<Found> find(const std::string& sha256);
  Expected<const std::vector<std::byte>*> load(int64_t chunk);

  SQLite::Database& database_;
  SQLite::Statement find_;
  SQLite::Statement chunks_;
  SQLite::Statement next_;
  SQLite::Statement load_;
  SQLite::Statement chunk_;
  Decompressor decompressor_;
  std::string found_sha256_;
  Found found_;
  std::list<Loaded> recent_;  // used last in front
};

}  // namespace bygone
