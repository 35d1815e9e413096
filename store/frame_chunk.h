#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <optional>
#include <vector>

#include "schema/register_codec.h"
#include "store/compression.h"

namespace bygone {

inline constexpr size_t kFramesPerChunk = 1024;
// What a reader accepts.
inline constexpr size_t kMostFramesPerChunk = 16 * kFramesPerChunk;

// Collects the registers of consecutive frames. Members throw SQLite::Exception.
class FrameChunkWriter {
 public:
  explicit FrameChunkWriter(SQLite::Database& database);
  void append(EventNumber event, ChunkEntry entry);
  void flush();

 private:
  SQLite::Statement insert_;
  Compressor compressor_;
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
