#include "store/blob_reader.h"

#include <fmt/core.h>

#include <algorithm>

namespace bygone {

namespace {
constexpr size_t kBlobsKept = 16;

tl::unexpected<Error> damaged(int64_t id, std::string cause) {
  return fail(ErrorKind::bad_data, id < 0 ? fmt::format("shared chunk {}", -id) : fmt::format("blob {}", id),
              std::move(cause), "record again if there is no copy");
}

}  // namespace

BlobReader::BlobReader(SQLite::Database& database, ReadChunk read_chunk)
    : database_(database),
      read_chunk_(std::move(read_chunk)),
      select_(database, "SELECT size_bytes, bytes FROM blob WHERE id = ?") {}

Expected<std::vector<std::byte>> BlobReader::read(const BlobPosition& position) {
  std::vector<std::byte> result;
  uint64_t left = uint64_t(position.size_bytes);
  uint64_t offset = uint64_t(position.offset_bytes);
  // Grown blob by blob, so that a false size costs no more than what is really there.
  const int64_t step = position.blob < 0 ? -1 : 1;
  for (int64_t id = position.blob; left > 0; id += step, offset = 0) {
    BYGONE_ASSIGN(const auto* bytes, load(id));
    if (offset >= bytes->size()) return damaged(id, "is shorter than a row says");
    const size_t part = size_t(std::min<uint64_t>(left, bytes->size() - offset));
    if (result.empty() && left <= kLargestBlobBytes) result.reserve(left);
    const auto from = bytes->begin() + ptrdiff_t(offset);
    result.insert(result.end(), from, from + ptrdiff_t(part));
    left -= part;
  }
  return result;
}

Expected<const std::vector<std::byte>*> BlobReader::load(int64_t id) {
  const auto known =
      std::find_if(recent_.begin(), recent_.end(), [&](const Loaded& l) { return l.id == id; });
  if (known != recent_.end()) {
    recent_.splice(recent_.begin(), recent_, known);
    return &recent_.front().bytes;
  }
  BYGONE_ASSIGN(auto bytes, id < 0 ? read_shared(-id) : read_blob(id));
  if (recent_.size() >= kBlobsKept) recent_.pop_back();
  recent_.push_front({id, std::move(bytes)});
  return &recent_.front().bytes;
}

Expected<std::vector<std::byte>> BlobReader::read_blob(int64_t id) {
  select_.reset();
  select_.bind(1, id);
  if (!select_.executeStep()) return damaged(id, "is missing, though a row refers to it");
  const int64_t size = select_.getColumn(0).getInt64();
  const SQLite::Column column = select_.getColumn(1);
  const auto* data = static_cast<const std::byte*>(column.getBlob());
  auto bytes = decompressor_.decompress({data, size_t(column.getBytes())}, kLargestBlobBytes);
  select_.reset();
  if (!bytes) {
    bytes.error().object = fmt::format("blob {}", id);
    return bytes;
  }
  if (int64_t(bytes->size()) != size || size == 0) return damaged(id, "is not as long as its row says");
  return bytes;
}

Expected<std::vector<std::byte>> BlobReader::read_shared(int64_t id) {
  if (!select_shared_)
    select_shared_.emplace(database_, "SELECT size_bytes, sha256 FROM shared_chunk WHERE id = ?");
  select_shared_->reset();
  select_shared_->bind(1, id);
  if (!select_shared_->executeStep()) return damaged(-id, "is missing, though a row refers to it");
  const int64_t size = select_shared_->getColumn(0).getInt64();
  const SQLite::Column column = select_shared_->getColumn(1);
  const auto* sha256 = static_cast<const std::byte*>(column.getBlob());
  const std::vector<std::byte> key(sha256, sha256 + column.getBytes());
  select_shared_->reset();
  auto bytes = read_chunk_(key);
  if (bytes && (int64_t(bytes->size()) != size || size == 0))
    return damaged(-id, "is not as long as its row says");
  return bytes;
}

}  // namespace bygone
