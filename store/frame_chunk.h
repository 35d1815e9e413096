#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <array>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "schema/register_codec.h"
#include "schema/rows.h"
#include "store/compression.h"
#include "store/compression_queue.h"

namespace bygone {

inline constexpr size_t kFramesPerChunk = 1024;
// What a reader accepts.
inline constexpr size_t kMostFramesPerChunk = 16 * kFramesPerChunk;

// Collects the registers of consecutive frames, and which calls and tasks occur in them. Members throw
// SQLite::Exception.
class FrameChunkWriter {
 public:
  // Encodes and compresses on `pool`.
  FrameChunkWriter(SQLite::Database& database, WorkPool& pool);
  void append(const Frame& frame, std::optional<Registers> registers);
  void flush();

 private:
  void close_chunk();
  void summarise();
  void store(EventNumber first, size_t frames, std::span<const std::byte> compressed);

  SQLite::Statement insert_;
  CompressionQueue queue_;
  std::optional<SQLite::Statement> insert_call_;  // none where the recording began in an older format
  std::optional<SQLite::Statement> insert_task_;
  EventNumber first_;
  std::vector<ChunkEntry> entries_;
  // What occurs in the chunk.
  struct CallCount {
    bool occurs = false;
    uint32_t returns = 0;
    uint32_t errors = 0;
  };
  std::array<CallCount, 512> calls_{};
  std::map<int32_t, CallCount> other_calls_;  // numbers beyond the array
  std::set<int32_t> tasks_;
  int32_t last_task_ = -1;
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
