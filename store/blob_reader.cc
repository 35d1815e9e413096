#include "store/blob_reader.h"

#include <fmt/core.h>

#include <algorithm>

namespace bygone {

namespace {
constexpr size_t kBlobsKept = 16;
}

BlobReader::BlobReader(SQLite::Database& database)
    : select_(database, "SELECT size_bytes, bytes FROM blob WHERE id = ?") {}

Expected<std::vector<std::byte>> BlobReader::read(const BlobPosition& position) {
  std::vector<std::byte> result;
  uint64_t left = uint64_t(position.size_bytes);
  uint64_t offset = uint64_t(position.offset_bytes);
  // Grown blob by blob, so that a false size costs no more than what is really there.
  for (int64_t id = position.blob; left > 0; ++id, offset = 0) {
    BYGONE_ASSIGN(const auto* bytes, load(id));
    if (offset >= bytes->size())
      return fail(ErrorKind::bad_data, fmt::format("blob {}", id), "is shorter than a row says",
                  "record again if there is no copy");
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
  select_.reset();
  select_.bind(1, id);
  if (!select_.executeStep())
    return fail(ErrorKind::bad_data, fmt::format("blob {}", id), "is missing, though a row refers to it",
                "record again if there is no copy");
  const int64_t size = select_.getColumn(0).getInt64();
  const SQLite::Column column = select_.getColumn(1);
  const auto* data = static_cast<const std::byte*>(column.getBlob());
  auto bytes = decompressor_.decompress({data, size_t(column.getBytes())}, kLargestBlobBytes);
  select_.reset();
  if (!bytes) {
    bytes.error().object = fmt::format("blob {}", id);
    return tl::unexpected(bytes.error());
  }
  if (int64_t(bytes->size()) != size || size == 0)
    return fail(ErrorKind::bad_data, fmt::format("blob {}", id), "is not as long as its row says");
  if (recent_.size() >= kBlobsKept) recent_.pop_back();
  recent_.push_front({id, std::move(*bytes)});
  return &recent_.front().bytes;
}

}  // namespace bygone
