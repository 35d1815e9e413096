#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "schema/error.h"
#include "schema/record.h"
#include "schema/rows.h"
#include "store/chunk_store.h"

namespace bygone {

struct CatalogCounts {
  uint64_t contents = 0;
  uint64_t chunks = 0;
  uint64_t raw_bytes = 0;     // of the chunks
  uint64_t stored_bytes = 0;  // compressed
};

// Where the bytes of a content come from, asked in ascending order.
struct ContentSource {
  std::function<Expected<void>(uint64_t offset_bytes, std::span<std::byte> out)> read;
  // This offset, or a later one if all between them is known to be zero; whole multiples of 64 KiB are passed
  // over.
  std::function<Expected<uint64_t>(uint64_t offset_bytes)> next_data;
};

// The files that recordings mapped: content in deduplicated compressed chunks, which file held which content,
// which recording uses it; and bytes that recordings share besides. Any number of processes may have the
// catalog open; transactions are short, and a process that dies in the middle of a file leaves a content that
// collect_garbage() drops. Not thread-safe.
class Catalog {
 public:
  // Makes the catalog if `path` does not exist. Hashes and compresses on `pool`, which must outlive it.
  static Expected<std::unique_ptr<Catalog>> open(const std::filesystem::path& path,
                                                 WorkPool& pool = WorkPool::inline_work());
  // From now on every commit reaches the disk before it counts.
  Expected<void> sync_commits();
  ~Catalog();
  Catalog(const Catalog&) = delete;
  Catalog& operator=(const Catalog&) = delete;

  // Keeps a content on behalf of `recording`. Returns its sha256.
  Expected<std::string> add_bytes(uint64_t size_bytes, const ContentSource& from, std::string_view recording);

  // The sha256 of a file that has not changed since its content was stored, and notes that `recording` uses
  // it; nullopt where that is not known.
  Expected<std::optional<std::string>> find_unchanged(const FileIdentity& identity,
                                                      std::string_view recording);

  // A content that comes in pieces, one at a time. `ordinal` tells the contents of one recording apart, so
  // that one which was begun by a process that died is gone on with: returns how many bytes are stored
  // already.
  Expected<uint64_t> begin_content(std::string_view recording, int64_t ordinal, uint64_t size_bytes);
  // Pieces come in order; what lies between one and the next is zero, and an empty one at the end of the
  // content says that it ends so. Pieces but the last begin and end at multiples of 64 KiB. What is stored
  // already may come again. Pieces are stored several at a time; what still waits, by store_pieces().
  // Returns what has become of the pieces before this one, which itself waits.
  enum class EarlierPieces { may_wait, are_stored };
  Expected<EarlierPieces> add_piece(uint64_t offset_bytes, std::span<const std::byte> bytes);
  Expected<void> store_pieces();
  // Stores the pieces and returns the sha256 of the whole. `identity` is remembered as holding this content
  // unless it changed too lately; null if it changed meanwhile.
  Expected<std::string> finish_content(const FileIdentity* identity);
  // True between begin_content() and finish_content().
  bool has_incoming() const;

  // Keeps chunks that belong to no file, each of at most kChunkBytes, for `recording` to refer to by their
  // SHA-256. Returns how many bytes that took, compressed.
  Expected<uint64_t> keep_chunks(std::span<const Chunk> chunks, std::string_view recording);

  // Drops what only `recording` used of these contents (sha256, hex).
  Expected<void> forget_contents(std::string_view recording, std::span<const std::string> contents);
  // Drops what only `recording` used.
  Expected<void> forget(std::string_view recording);
  // `copy` uses from now on all that `recording` uses.
  Expected<void> use_likewise(std::string_view recording, std::string_view copy);

  // Drops what recordings used that are not among those `exists` confirms, and contents never completed by
  // recordings that `is_live` does not confirm.
  Expected<void> collect_garbage(const std::function<bool(const std::string& recording)>& exists,
                                 const std::function<bool(const std::string& recording)>& is_live);

  Expected<CatalogCounts> counts();

 private:
  struct Impl;
  explicit Catalog(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace bygone
