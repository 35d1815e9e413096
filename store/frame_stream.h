#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <functional>
#include <vector>

#include "schema/error.h"
#include "schema/row_fields.h"
#include "store/blob_reader.h"
#include "store/frame_chunk.h"
#include "store/recording_reader.h"

namespace bygone {

// Joins the tables that are keyed by event into full frames, one frame chunk at a time: what belongs to a
// chunk's events is fetched as rows, then each frame's bytes as it is visited. No statement stays open
// meanwhile, so a slow visitor holds up no writer. Members throw SQLite::Exception besides.
class FrameStream {
 public:
  FrameStream(SQLite::Database& database, BlobReader& blobs);

  Expected<void> run(EventNumber first, EventNumber last,
                     const std::function<Expected<bool>(FullFrame&)>& visit);
  // Of these alone nothing else is read.
  Expected<std::vector<OutputWithBytes>> outputs(EventNumber first, EventNumber last);

 private:
  template <class Row>
  struct Table {
    explicit Table(SQLite::Database& database);
    Expected<void> fetch(EventNumber first, EventNumber last);

    struct Item {
      Row row;
      std::optional<BlobPosition> payload;
    };
    SQLite::Statement select;
    std::vector<Item> items;
    size_t next = 0;
  };

  Expected<void> fetch(EventNumber first, EventNumber last);
  Expected<void> fill(const Frame& frame, const ChunkEntry& entry, FullFrame& full);
  template <class Row, class Use>
  Expected<void> take(Table<Row>& table, EventNumber event, Use&& use);

  SQLite::Database& database_;
  BlobReader& blobs_;
  FrameChunkReader chunks_;
  SQLite::Statement select_frames_;
  std::vector<Frame> frames_;
  Table<MemoryWrite> writes_;
  Table<Output> outputs_;
  Table<Signal> signals_;
  Table<ExtendedState> states_;
};

}  // namespace bygone
