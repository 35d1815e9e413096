#include "store/chunk_store.h"

#include <algorithm>
#include <cstring>

#include "store/catalog_schema.h"
#include "store/compression.h"
#include "store/database.h"

namespace bygone {

bool all_zero(std::span<const std::byte> bytes) {
  return !bytes.empty() && bytes.front() == std::byte{0} &&
         std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

ChunkBatch::~ChunkBatch() {
  for (Entry& entry : entries_) {
    if (entry.hash.valid()) entry.hash.wait();
    if (entry.compressing.valid()) entry.compressing.wait();
  }
}

ChunkBatch ChunkStore::cut(uint64_t offset_bytes, std::span<const std::byte> bytes) {
  ChunkBatch batch;
  for (size_t at = 0; at < bytes.size(); at += kChunkBytes) {
    const auto chunk = bytes.subspan(at, std::min(kChunkBytes, bytes.size() - at));
    if (all_zero(chunk)) continue;
    ChunkBatch::Entry& entry = batch.entries_.emplace_back();
    entry.ordinal = int64_t((offset_bytes + at) / kChunkBytes);
    entry.chunk.bytes = chunk;
    entry.hash = pool_.begin([chunk] { return sha256_of(chunk); });
  }
  return batch;
}

ChunkBatch ChunkStore::take(std::span<const Chunk> chunks) {
  ChunkBatch batch;
  for (const Chunk& chunk : chunks) batch.entries_.emplace_back().chunk = chunk;
  return batch;
}

void ChunkStore::look_up(ChunkBatch& batch) {
  for (ChunkBatch::Entry& entry : batch.entries_)
    if (entry.hash.valid()) entry.chunk.sha256 = pool_.finish(entry.hash);
  const ReadTransaction transaction(database_);
  for (ChunkBatch::Entry& entry : batch.entries_) {
    if (find(entry.chunk.sha256)) continue;
    entry.compressing = pool_.begin([bytes = entry.chunk.bytes] { return compressed(bytes); });
  }
}

std::optional<int64_t> ChunkStore::find(const Sha256Digest& sha256) {
  if (!find_) find_.emplace(database_, "SELECT id FROM chunk WHERE sha256 = ?");
  find_->bindNoCopy(1, sha256.data(), int(sha256.size()));
  std::optional<int64_t> id;
  if (find_->executeStep()) id = find_->getColumn(0).getInt64();
  find_->reset();  // else it would hold what it has read against other writers
  return id;
}

int64_t ChunkStore::store(ChunkBatch::Entry& entry, uint64_t& new_bytes) {
  const Chunk& chunk = entry.chunk;
  std::vector<std::byte> bytes;
  if (entry.compressing.valid()) {
    bytes = pool_.finish(entry.compressing);
    new_bytes += bytes.size();
  }
  if (const auto known = find(chunk.sha256)) return *known;
  // Where it was there when it was looked up, somebody has dropped it since.
  if (bytes.empty()) bytes = compressed(chunk.bytes);
  if (!add_) add_.emplace(database_, "INSERT INTO chunk(sha256, size_bytes, bytes) VALUES(?, ?, ?)");
  add_->bindNoCopy(1, chunk.sha256.data(), int(chunk.sha256.size()));
  add_->bind(2, int64_t(chunk.bytes.size()));
  add_->bindNoCopy(3, bytes.data(), int(bytes.size()));
  add_->exec();
  add_->reset();
  return database_.getLastInsertRowid();
}

void ChunkStore::insert(int64_t content, ChunkBatch& batch) {
  if (!link_) link_.emplace(database_, "INSERT INTO file_chunk(content, ordinal, chunk) VALUES(?, ?, ?)");
  for (ChunkBatch::Entry& entry : batch.entries_) {
    uint64_t ignored = 0;
    const int64_t chunk = store(entry, ignored);
    link_->reset();
    link_->bind(1, content);
    link_->bind(2, entry.ordinal);
    link_->bind(3, chunk);
    link_->exec();
    link_->reset();
  }
}

}  // namespace bygone
