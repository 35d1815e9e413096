#include "store/content_reader.h"

#include <fmt/core.h>

#include <algorithm>

#include "store/catalog_schema.h"
#include "store/content_hash.h"
#include "store/database.h"
#include "store/sha256.h"

namespace bygone {

namespace {

constexpr size_t kChunksKept = 64;

tl::unexpected<Error> damaged(const std::string& sha256, std::string cause) {
  return fail(ErrorKind::bad_data, fmt::format("stored file {}", sha256), std::move(cause),
              "record again if there is no copy of the store");
}

}  // namespace

ContentReader::ContentReader(SQLite::Database& database)
    : database_(database),
      find_(database, "SELECT id, size_bytes, chunk_count FROM file_content WHERE sha256 = ?"),
      chunks_(database,
              "SELECT ordinal, chunk FROM file_chunk WHERE content = ? AND ordinal BETWEEN ? AND ? ORDER BY "
              "ordinal"),
      next_(database, "SELECT min(ordinal) FROM file_chunk WHERE content = ? AND ordinal >= ?"),
      load_(database, "SELECT size_bytes, bytes FROM chunk WHERE id = ?"),
      chunk_(database, "SELECT bytes FROM chunk WHERE sha256 = ?") {}

Expected<ContentReader::Found> ContentReader::find(const std::string& sha256) {
  if (sha256 == found_sha256_ && !sha256.empty()) return found_;
  find_.reset();
  find_.bind(1, sha256);
  if (!find_.executeStep())
    return fail(ErrorKind::not_found, fmt::format("stored file {}", sha256), "is not in the store",
                "the catalog is another one, or was damaged; a packed recording carries its files");
  found_ = {find_.getColumn(0).getInt64(), find_.getColumn(1).getInt64(), find_.getColumn(2).getInt64()};
  find_.reset();
  if (found_.size_bytes < 0) return damaged(sha256, "has an impossible size");
  found_sha256_ = sha256;
  return found_;
}

Expected<const std::vector<std::byte>*> ContentReader::load(int64_t chunk) {
  const auto known =
      std::find_if(recent_.begin(), recent_.end(), [&](const Loaded& l) { return l.chunk == chunk; });
  if (known != recent_.end()) {
    recent_.splice(recent_.begin(), recent_, known);
    return &recent_.front().bytes;
  }
  load_.reset();
  load_.bind(1, chunk);
  if (!load_.executeStep()) return damaged(found_sha256_, fmt::format("lacks its chunk {}", chunk));
  const SQLite::Column column = load_.getColumn(1);
  auto bytes = decompressor_.decompress(
      {static_cast<const std::byte*>(column.getBlob()), size_t(column.getBytes())}, kChunkBytes);
  load_.reset();
  if (!bytes) return damaged(found_sha256_, fmt::format("chunk {}: {}", chunk, bytes.error().cause));
  if (recent_.size() >= kChunksKept) recent_.pop_back();
  recent_.push_front({chunk, std::move(*bytes)});
  return &recent_.front().bytes;
}

Expected<void> ContentReader::read(const std::string& sha256, uint64_t offset_bytes,
                                   std::span<std::byte> out) {
  BYGONE_ASSIGN(const Found found, find(sha256));
  const uint64_t size = uint64_t(found.size_bytes);
  if (offset_bytes > size || out.size() > size - offset_bytes)
    return fail(ErrorKind::bad_data, fmt::format("stored file {}", sha256),
                fmt::format("has {} bytes; {} from {} on were asked for", size, out.size(), offset_bytes));
  if (out.empty()) return {};
  std::fill(out.begin(), out.end(), std::byte{0});
  const uint64_t end = offset_bytes + out.size();
  chunks_.reset();
  chunks_.bind(1, found.id);
  chunks_.bind(2, int64_t(offset_bytes / kChunkBytes));
  chunks_.bind(3, int64_t((end - 1) / kChunkBytes));
  const ResetOnExit reset(chunks_);
  while (chunks_.executeStep()) {
    const uint64_t start = uint64_t(chunks_.getColumn(0).getInt64()) * kChunkBytes;
    const uint64_t chunk_end = std::min(start + kChunkBytes, size);
    BYGONE_ASSIGN(const auto* bytes, load(chunks_.getColumn(1).getInt64()));
    if (bytes->size() != chunk_end - start) return damaged(sha256, "has a chunk of the wrong size");
    const uint64_t from = std::max(start, offset_bytes);
    const uint64_t to = std::min(chunk_end, end);
    std::copy_n(bytes->begin() + ptrdiff_t(from - start), to - from,
                out.begin() + ptrdiff_t(from - offset_bytes));
  }
  return {};
}

Expected<uint64_t> ContentReader::next_data(const std::string& sha256, uint64_t offset_bytes) {
  BYGONE_ASSIGN(const Found found, find(sha256));
  next_.reset();
  next_.bind(1, found.id);
  next_.bind(2, int64_t(offset_bytes / kChunkBytes));
  const ResetOnExit reset(next_);
  const uint64_t size = uint64_t(found.size_bytes);
  if (!next_.executeStep() || next_.getColumn(0).isNull()) return size;
  const uint64_t start = uint64_t(next_.getColumn(0).getInt64()) * kChunkBytes;
  return std::clamp(start, std::min(offset_bytes, size), size);
}

Expected<std::vector<std::byte>> ContentReader::chunk(std::span<const std::byte> sha256) {
  const auto trouble = [&](ErrorKind kind, std::string cause) {
    return fail(kind, fmt::format("shared chunk {}", hex(sha256)), std::move(cause),
                "record again if there is no copy of the store");
  };
  chunk_.reset();
  chunk_.bindNoCopy(1, sha256.data(), int(sha256.size()));
  if (!chunk_.executeStep()) return trouble(ErrorKind::not_found, "is not in the store");
  const SQLite::Column column = chunk_.getColumn(0);
  auto bytes = decompressor_.decompress(
      {static_cast<const std::byte*>(column.getBlob()), size_t(column.getBytes())}, kChunkBytes);
  chunk_.reset();
  if (!bytes) return trouble(ErrorKind::bad_data, bytes.error().cause);
  const Sha256Digest found = sha256_of(*bytes);
  if (!std::equal(found.begin(), found.end(), sha256.begin(), sha256.end()))
    return trouble(ErrorKind::bad_data, "does not have the bytes its SHA-256 was made of");
  return bytes;
}

bool ContentReader::has_plain_hash(const std::string& sha256, uint64_t size_bytes) {
  Sha256 whole;
  std::vector<std::byte> buffer;
  for (uint64_t offset = 0; offset < size_bytes; offset += buffer.size()) {
    buffer.resize(size_t(std::min<uint64_t>(size_bytes - offset, 16 * kChunkBytes)));
    if (!read(sha256, offset, buffer)) return false;
    whole.add(buffer);
  }
  return hex(whole.finish()) == sha256;
}

Expected<void> ContentReader::verify(const std::string& sha256, uint64_t size_bytes) {
  BYGONE_ASSIGN(const Found found, find(sha256));
  if (uint64_t(found.size_bytes) != size_bytes)
    return damaged(sha256, "is not as long as the recording says");
  SQLite::Statement count(database_, "SELECT count(*) FROM file_chunk WHERE content = ?");
  count.bind(1, found.id);
  if (count.executeStep() && count.getColumn(0).getInt64() != found.chunk_count)
    return damaged(sha256, "has not the number of chunks it should have");
  ContentHash whole;
  std::vector<std::byte> buffer;
  for (uint64_t offset = 0; offset < size_bytes; offset += buffer.size()) {
    BYGONE_ASSIGN(const uint64_t next, next_data(sha256, offset));
    whole.add_zeroes(next - offset);
    offset = next;
    buffer.resize(size_t(std::min<uint64_t>(size_bytes - offset, 16 * kChunkBytes)));
    BYGONE_TRY(read(sha256, offset, buffer));
    whole.add(buffer);
  }
  if (hex(whole.finish()) != sha256 && !has_plain_hash(sha256, size_bytes))
    return damaged(sha256, "does not have the bytes its SHA-256 was made of");
  return {};
}

}  // namespace bygone
