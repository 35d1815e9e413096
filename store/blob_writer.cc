#include "store/blob_writer.h"

#include <algorithm>

namespace bygone {

BlobWriter::BlobWriter(SQLite::Database& database, int64_t next)
    : insert_(database, "INSERT INTO blob(id, size_bytes, bytes) VALUES(?, ?, ?)"), next_(next) {
  open_.reserve(kBlobBytes);
}

std::optional<BlobPosition> BlobWriter::append(std::span<const std::byte> payload) {
  if (payload.empty()) return std::nullopt;
  if (open_.size() == kBlobBytes) flush();
  const BlobPosition position{next_, int64_t(open_.size()), int64_t(payload.size())};
  raw_bytes_ += payload.size();
  while (!payload.empty()) {
    if (open_.size() == kBlobBytes) flush();
    const auto part = payload.first(std::min(payload.size(), kBlobBytes - open_.size()));
    open_.insert(open_.end(), part.begin(), part.end());
    payload = payload.subspan(part.size());
  }
  return position;
}

void BlobWriter::flush() {
  if (open_.empty()) return;
  const auto compressed = compressor_.compress(open_);
  insert_.reset();
  insert_.bind(1, next_);
  insert_.bind(2, int64_t(open_.size()));
  insert_.bindNoCopy(3, compressed.data(), int(compressed.size()));
  insert_.exec();
  insert_.reset();
  stored_bytes_ += compressed.size();
  ++next_;
  open_.clear();
}

}  // namespace bygone
