#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <future>
#include <optional>
#include <span>
#include <vector>

#include "store/sha256.h"
#include "store/work_pool.h"

namespace bygone {

struct Chunk {
  std::span<const std::byte> bytes;
  Sha256Digest sha256{};
};

bool all_zero(std::span<const std::byte> bytes);

// Chunks on their way into a catalog, compressed meanwhile on other threads. Their bytes must outlive this.
class ChunkBatch {
 public:
  ChunkBatch() = default;
  ~ChunkBatch();
  ChunkBatch(ChunkBatch&&) = default;
  ChunkBatch& operator=(ChunkBatch&&) = delete;

 private:
  friend class ChunkStore;
  struct Entry {
    int64_t ordinal = 0;  // in its content
    Chunk chunk;
    std::future<Sha256Digest> hash;                   // until it is in `chunk`
    std::future<std::vector<std::byte>> compressing;  // none if the catalog had it when it was looked up
  };
  std::vector<Entry> entries_;
};

// The tables `chunk` and `file_chunk` of a catalog: deduplicated compressed pieces of contents. Members throw
// SQLite::Exception.
class ChunkStore {
 public:
  ChunkStore(SQLite::Database& database, WorkPool& pool) : database_(database), pool_(pool) {}

  // Cuts a part of a content that begins at `offset_bytes`, a multiple of kChunkBytes. What is all zero is
  // left out.
  ChunkBatch cut(uint64_t offset_bytes, std::span<const std::byte> bytes);
  // The same for chunks whose hashes are known.
  ChunkBatch take(std::span<const Chunk> chunks);
  // Waits for the hashes and begins to compress what the catalog lacks.
  void look_up(ChunkBatch& batch);

  // With a transaction begun. The chunks become parts of `content`.
  void insert(int64_t content, ChunkBatch& batch);
  // With a transaction begun. Calls use(id) for each; returns how many compressed bytes were new when they
  // were looked up.
  template <class Use>
  uint64_t insert(ChunkBatch& batch, Use&& use) {
    uint64_t new_bytes = 0;
    for (ChunkBatch::Entry& entry : batch.entries_) use(store(entry, new_bytes));
    return new_bytes;
  }

 private:
  std::optional<int64_t> find(const Sha256Digest& sha256);
  int64_t store(ChunkBatch::Entry& entry, uint64_t& new_bytes);

  SQLite::Database& database_;
  WorkPool& pool_;
  std::optional<SQLite::Statement> find_;
  std::optional<SQLite::Statement> add_;
  std::optional<SQLite::Statement> link_;
};

}  // namespace bygone
