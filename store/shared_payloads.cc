#include "store/shared_payloads.h"

#include <algorithm>

#include "store/catalog_schema.h"

namespace bygone {

namespace {
// Held in memory at most before they go to the catalog.
constexpr size_t kPendingBytes = 4 << 20;
constexpr size_t kKnownKept = 1 << 14;
}  // namespace

SharedPayloads::SharedPayloads(SQLite::Database& recording, std::string name, std::filesystem::path catalog,
                               int64_t next, WorkPool& pool)
    : pool_(pool),
      catalog_path_(std::move(catalog)),
      name_(std::move(name)),
      insert_(recording, "INSERT INTO shared_chunk(id, size_bytes, sha256) VALUES(?, ?, ?)"),
      next_(next) {}

Expected<BlobPosition> SharedPayloads::append(std::span<const std::byte> payload, Extent extent) {
  BlobPosition position{-next_, 0, int64_t(payload.size())};
  raw_bytes_ += payload.size();
  const bool is_one_chunk = extent == Extent::whole && payload.size() <= kChunkBytes;
  while (!payload.empty()) {
    const auto bytes = payload.first(std::min(payload.size(), kChunkBytes));
    payload = payload.subspan(bytes.size());
    const Sha256Digest sha256 = sha256_of(bytes);
    if (is_one_chunk) {
      if (known_.size() >= kKnownKept) known_.clear();
      const auto [known, is_new] = known_.try_emplace(sha256, next_);
      position.blob = -known->second;
      if (!is_new) return position;
    }
    insert_.reset();
    insert_.bind(1, next_++);
    insert_.bind(2, int64_t(bytes.size()));
    insert_.bindNoCopy(3, sha256.data(), int(sha256.size()));
    insert_.exec();
    pending_.push_back({bytes_.size(), bytes.size(), sha256});
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    if (bytes_.size() >= kPendingBytes) BYGONE_TRY(flush());
  }
  return position;
}

Expected<void> SharedPayloads::flush() {
  if (pending_.empty()) return {};
  if (!catalog_) {
    BYGONE_ASSIGN(catalog_, Catalog::open(catalog_path_, pool_));
  }
  std::vector<Chunk> chunks;
  chunks.reserve(pending_.size());
  for (const Pending& chunk : pending_)
    chunks.push_back({std::span(bytes_).subspan(chunk.offset, chunk.size), chunk.sha256});
  BYGONE_ASSIGN(const uint64_t stored, catalog_->keep_chunks(chunks, name_));
  stored_bytes_ += stored;
  pending_.clear();
  bytes_.clear();
  return {};
}

}  // namespace bygone
