#include "store/blob_writer.h"

#include <algorithm>
#include <utility>

#include "store/compression.h"

namespace bygone {

BlobWriter::BlobWriter(SQLite::Database& database, int64_t next, WorkPool& pool)
    : insert_(database, "INSERT INTO blob(id, size_bytes, bytes) VALUES(?, ?, ?)"),
      queue_(pool),
      next_(next) {
  open_.reserve(kBlobBytes);
}

std::optional<BlobPosition> BlobWriter::append(std::span<const std::byte> payload) {
  if (payload.empty()) return std::nullopt;
  if (open_.size() == kBlobBytes) close_blob();
  const BlobPosition position{next_, int64_t(open_.size()), int64_t(payload.size())};
  raw_bytes_ += payload.size();
  while (!payload.empty()) {
    if (open_.size() == kBlobBytes) close_blob();
    const auto part = payload.first(std::min(payload.size(), kBlobBytes - open_.size()));
    open_.insert(open_.end(), part.begin(), part.end());
    payload = payload.subspan(part.size());
  }
  return position;
}

void BlobWriter::close_blob() {
  if (open_.empty()) return;
  const size_t size = open_.size();
  queue_.add([bytes = std::exchange(open_, {})] { return compressed(bytes); },
             [this, id = next_, size](std::span<const std::byte> bytes) { store(id, size, bytes); });
  open_.reserve(kBlobBytes);
  ++next_;
}

void BlobWriter::store(int64_t id, size_t size_bytes, std::span<const std::byte> bytes) {
  insert_.reset();
  insert_.bind(1, id);
  insert_.bind(2, int64_t(size_bytes));
  insert_.bindNoCopy(3, bytes.data(), int(bytes.size()));
  insert_.exec();
  insert_.reset();
  stored_bytes_ += bytes.size();
}

void BlobWriter::flush() {
  close_blob();
  queue_.store_all();
}

}  // namespace bygone
