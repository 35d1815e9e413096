#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <optional>
#include <vector>

#include "schema/register_codec.h"
#include "store/compression.h"
#include "store/compression_queue.h"

namespace bygone {

inline constexpr size_t kFramesPerChunk = 1024;
// What a reader accepts.
inline constexpr size_t kMostFramesPerChunk = 16 * kFramesPerChunk;

// Collects the registers of consecutive frames. Members throw SQLite::Exception.
class FrameChunkWriter {
 public:
  // Encodes and compresses on `pool`.
  FrameChunkWriter(SQLite::Database& database, WorkPool& pool);
  void append(EventNumber event, ChunkEntry entry);
  void flush();

 private:
  void close_chunk();
  void store(EventNumber first, size_t frames, std::span<const std::byte> compressed);

  SQLite::Statement insert_;
  CompressionQueue queue_;
  EventNumber first_;
  std::vector<ChunkEntry> entries_;
};

// Consecutive frames' registers out of an untrusted recording.
struct FrameChunk {
  EventNumber first;
  std::vector<ChunkEntry> entries;
};

class FrameChunkReader {
 public:
  explicit FrameChunkReader(SQLite::Database& database);
  // The chunk that holds `event`. Throws SQLite::Exception besides.
  Expected<FrameChunk> read(EventNumber event);

 private:
  SQLite::Statement select_;
  Decompressor decompressor_;
};

}  // namespace bygone
