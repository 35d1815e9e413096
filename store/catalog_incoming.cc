#include <fmt/core.h>

#include <algorithm>

#include "store/catalog_impl.h"
#include "store/catalog_schema.h"
#include "store/compression.h"

// A content that comes in pieces, and is gone on with when whoever took it has died.

namespace bygone {

namespace {

// A piece has eight chunks, each of which changes a page of the index of hashes: stored one by one, pieces of
// 512 KiB cost two thirds more pages.
constexpr size_t kPiecesStoredTogether = 8;

}  // namespace

void Catalog::Impl::store_waiting() {
  if (!incoming || incoming->waiting.empty()) return;
  const uint64_t end = incoming->waiting.back().end;
  ShortTransaction transaction(*database);
  for (Incoming::Piece& piece : incoming->waiting) chunks.insert(incoming->content, piece.chunks);
  SQLite::Statement progress(
      *database, "UPDATE content_in_progress SET stored_bytes = ? WHERE recording = ? AND ordinal = ?");
  progress.bind(1, int64_t(end));
  progress.bind(2, incoming->recording);
  progress.bind(3, incoming->ordinal);
  progress.exec();
  transaction.commit();
  incoming->stored_bytes = end;
  incoming->waiting.clear();
}

bool Catalog::Impl::find_begun(Incoming& begun) {
  SQLite::Statement find(
      *database,
      "SELECT p.content, p.stored_bytes, c.sha256 FROM content_in_progress p JOIN file_content c "
      "ON c.id = p.content WHERE p.recording = ? AND p.ordinal = ?");
  find.bind(1, begun.recording);
  find.bind(2, begun.ordinal);
  if (!find.executeStep()) return false;
  begun.content = find.getColumn(0).getInt64();
  begun.stored_bytes = uint64_t(find.getColumn(1).getInt64());
  if (!find.getColumn(2).isNull()) begun.sha256 = find.getColumn(2).getString();
  return true;
}

// Brings the hash of the whole to where storing stopped.
Expected<void> Catalog::Impl::hash_stored(Incoming& begun) {
  Decompressor decompressor;
  SQLite::Statement chunk(*database,
                          "SELECT f.ordinal, c.bytes FROM file_chunk f JOIN chunk c ON c.id = f.chunk WHERE "
                          "f.content = ? ORDER BY f.ordinal");
  chunk.bind(1, begun.content);
  uint64_t hashed = 0;
  while (chunk.executeStep()) {
    const uint64_t offset = uint64_t(chunk.getColumn(0).getInt64()) * kChunkBytes;
    if (offset < hashed || offset >= begun.stored_bytes) continue;
    const SQLite::Column column = chunk.getColumn(1);
    BYGONE_ASSIGN(
        const std::vector<std::byte> bytes,
        decompressor.decompress({static_cast<const std::byte*>(column.getBlob()), size_t(column.getBytes())},
                                kChunkBytes));
    begun.whole.add_zeroes(offset - hashed);
    begun.whole.add(bytes);
    hashed = offset + bytes.size();
  }
  if (hashed < begun.stored_bytes) begun.whole.add_zeroes(begun.stored_bytes - hashed);
  return {};
}

Expected<uint64_t> Catalog::begin_content(std::string_view recording, int64_t ordinal, uint64_t size_bytes) {
  return guarded(impl_->object, [&]() -> Expected<uint64_t> {
    auto incoming = std::make_unique<Incoming>();
    incoming->recording = recording;
    incoming->ordinal = ordinal;
    incoming->size_bytes = size_bytes;
    if (!impl_->find_begun(*incoming)) {
      ShortTransaction transaction(*impl_->database);
      SQLite::Statement content(*impl_->database, "INSERT INTO file_content(size_bytes) VALUES(?)");
      content.bind(1, int64_t(size_bytes));
      content.exec();
      incoming->content = impl_->database->getLastInsertRowid();
      SQLite::Statement progress(*impl_->database, "INSERT INTO content_in_progress VALUES(?, ?, ?, 0)");
      progress.bind(1, incoming->recording);
      progress.bind(2, ordinal);
      progress.bind(3, incoming->content);
      progress.exec();
      impl_->use(recording, incoming->content);
      transaction.commit();
    } else if (!incoming->sha256) {
      BYGONE_TRY(impl_->hash_stored(*incoming));
    }
    incoming->taken_bytes = incoming->stored_bytes;
    impl_->incoming = std::move(incoming);
    return impl_->incoming->stored_bytes;
  });
}

bool Catalog::has_incoming() const {
  return impl_->incoming != nullptr;
}

Expected<Catalog::EarlierPieces> Catalog::add_piece(uint64_t offset_bytes, std::span<const std::byte> bytes) {
  return guarded(impl_->object, [&]() -> Expected<EarlierPieces> {
    Incoming* incoming = impl_->incoming.get();
    if (incoming == nullptr)
      return fail(ErrorKind::bad_data, "file", "a piece of it came before its beginning");
    const uint64_t taken = incoming->taken_bytes;
    const uint64_t end = offset_bytes + bytes.size();
    const bool came_before = incoming->sha256 || end < taken || (end == taken && !bytes.empty());
    if (came_before) return incoming->waiting.empty() ? EarlierPieces::are_stored : EarlierPieces::may_wait;
    const bool at_end = bytes.empty() && end == incoming->size_bytes;
    const bool begins_well =
        offset_bytes >= taken && (at_end || (!bytes.empty() && offset_bytes % kChunkBytes == 0));
    if (!begins_well || end > incoming->size_bytes ||
        (end != incoming->size_bytes && bytes.size() % kChunkBytes != 0))
      return fail(ErrorKind::bad_data, "file",
                  fmt::format("a piece of it from {} to {} came where {} was due", offset_bytes, end, taken));
    // A copy, since the sender could change the bytes between their being hashed and compressed.
    std::vector<std::byte> copy(bytes.begin(), bytes.end());
    ChunkBatch chunks = impl_->chunks.cut(offset_bytes, copy);
    incoming->whole.add_zeroes(offset_bytes - taken);
    incoming->whole.add(copy);
    impl_->chunks.look_up(chunks);
    const bool stores = incoming->waiting.size() >= kPiecesStoredTogether;
    if (stores) impl_->store_waiting();
    incoming->waiting.push_back({std::move(copy), std::move(chunks), end});
    incoming->taken_bytes = end;
    return stores ? EarlierPieces::are_stored : EarlierPieces::may_wait;
  });
}

Expected<void> Catalog::store_pieces() {
  return guarded(impl_->object, [&] { impl_->store_waiting(); });
}

Expected<std::string> Catalog::finish_content(const FileIdentity* identity) {
  return guarded(impl_->object, [&]() -> Expected<std::string> {
    Incoming* incoming = impl_->incoming.get();
    if (incoming == nullptr) return fail(ErrorKind::bad_data, "file", "its end came before its beginning");
    impl_->store_waiting();
    std::string sha256;
    if (incoming->sha256) {
      sha256 = *incoming->sha256;
    } else if (incoming->stored_bytes != incoming->size_bytes) {
      return fail(ErrorKind::bad_data, "file", "its end came before all of it");
    } else {
      sha256 = impl_->complete(incoming->content, hex(incoming->whole.finish()), incoming->recording);
    }
    if (identity != nullptr) impl_->identities.remember(*identity, sha256);
    impl_->incoming.reset();
    return sha256;
  });
}

}  // namespace bygone
