#include "store/frame_stream.h"

#include <fmt/core.h>

#include <algorithm>

#include "store/database.h"
#include "store/row_sql.h"

namespace bygone {

namespace {

tl::unexpected<Error> hole(EventNumber event, std::string cause) {
  return fail(ErrorKind::bad_data, fmt::format("event {}", event.value), std::move(cause),
              "replay up to the event before it, or record again");
}

}  // namespace

template <class Row>
FrameStream::Table<Row>::Table(SQLite::Database& database)
    : select(database,
             fmt::format("SELECT {}, {} FROM {} WHERE event BETWEEN ? AND ? ORDER BY {}", column_list<Row>(),
                         kPayloadColumns, RowFields<Row>::table, RowFields<Row>::key)) {}

template <class Row>
Expected<void> FrameStream::Table<Row>::fetch(EventNumber first, EventNumber last) {
  constexpr int kColumns = std::tuple_size_v<decltype(RowFields<Row>::fields)>;
  items.clear();
  next = 0;
  select.reset();
  select.bind(1, int64_t(first.value));
  select.bind(2, int64_t(last.value));
  const ResetOnExit reset(select);
  while (select.executeStep()) {
    Item& item = items.emplace_back();
    BYGONE_TRY(read_row(select, item.row));
    BYGONE_ASSIGN(item.payload, read_payload(select, kColumns));
  }
  return {};
}

FrameStream::FrameStream(SQLite::Database& database, BlobReader& blobs)
    : database_(database),
      blobs_(blobs),
      chunks_(database),
      select_frames_(database, fmt::format("SELECT {} FROM frame WHERE event BETWEEN ? AND ? ORDER BY event",
                                           column_list<Frame>())),
      writes_(database),
      outputs_(database),
      signals_(database),
      states_(database) {}

Expected<void> FrameStream::fetch(EventNumber first, EventNumber last) {
  const ReadTransaction transaction(database_);
  frames_.clear();
  select_frames_.reset();
  select_frames_.bind(1, int64_t(first.value));
  select_frames_.bind(2, int64_t(last.value));
  {
    const ResetOnExit reset(select_frames_);
    while (select_frames_.executeStep()) BYGONE_TRY(read_row(select_frames_, frames_.emplace_back()));
  }
  BYGONE_TRY(writes_.fetch(first, last));
  BYGONE_TRY(outputs_.fetch(first, last));
  BYGONE_TRY(signals_.fetch(first, last));
  return states_.fetch(first, last);
}

// Calls use(row, bytes) for the rows of `event`, which are next in line.
template <class Row, class Use>
Expected<void> FrameStream::take(Table<Row>& table, EventNumber event, Use&& use) {
  for (; table.next < table.items.size() && table.items[table.next].row.event == event; ++table.next) {
    auto& item = table.items[table.next];
    std::vector<std::byte> bytes;
    if (item.payload) {
      BYGONE_ASSIGN(bytes, blobs_.read(*item.payload));
    }
    if constexpr (requires { item.row.size_bytes; }) {
      if (bytes.size() != item.row.size_bytes)
        return hole(event, fmt::format("a row of table {} has {} bytes where it says {}",
                                       RowFields<Row>::table, bytes.size(), item.row.size_bytes));
    }
    use(std::move(item.row), std::move(bytes));
  }
  return {};
}

Expected<std::vector<OutputWithBytes>> FrameStream::outputs(EventNumber first, EventNumber last) {
  BYGONE_TRY(outputs_.fetch(first, last));
  std::vector<OutputWithBytes> outputs;
  while (outputs_.next < outputs_.items.size())
    BYGONE_TRY(take(outputs_, outputs_.items[outputs_.next].row.event,
                    [&](Output&& row, std::vector<std::byte>&& bytes) {
                      outputs.push_back({std::move(row), std::move(bytes)});
                    }));
  return outputs;
}

Expected<void> FrameStream::fill(const Frame& frame, const ChunkEntry& entry, FullFrame& full) {
  if (entry.task != frame.task) return hole(frame.event, "its registers are those of another task");
  full.frame = frame;
  full.registers = entry.registers;
  full.writes.clear();
  full.outputs.clear();
  full.signal.reset();
  full.siginfo.clear();
  full.extended_state.clear();
  BYGONE_TRY(take(writes_, frame.event, [&](MemoryWrite&& row, std::vector<std::byte>&& bytes) {
    full.writes.push_back({std::move(row), std::move(bytes)});
  }));
  BYGONE_TRY(take(outputs_, frame.event, [&](Output&& row, std::vector<std::byte>&& bytes) {
    full.outputs.push_back({std::move(row), std::move(bytes)});
  }));
  BYGONE_TRY(take(signals_, frame.event, [&](Signal&& row, std::vector<std::byte>&& bytes) {
    full.signal = std::move(row);
    full.siginfo = std::move(bytes);
  }));
  return take(states_, frame.event, [&](ExtendedState&&, std::vector<std::byte>&& bytes) {
    full.extended_state = std::move(bytes);
  });
}

Expected<void> FrameStream::run(EventNumber first, EventNumber last,
                                const std::function<Expected<bool>(FullFrame&)>& visit) {
  FullFrame full;
  for (EventNumber next = std::max(first, EventNumber{1}); next <= last;) {
    BYGONE_ASSIGN(const FrameChunk chunk, chunks_.read(next));
    const EventNumber end = std::min(last, EventNumber{chunk.first.value + chunk.entries.size() - 1});
    BYGONE_TRY(fetch(next, end));
    for (size_t i = 0; next <= end; ++i, ++next.value) {
      if (i >= frames_.size() || frames_[i].event != next) return hole(next, "the frame is missing");
      BYGONE_TRY(fill(frames_[i], chunk.entries[next.value - chunk.first.value], full));
      BYGONE_ASSIGN(const bool go_on, visit(full));
      if (!go_on) return {};
    }
  }
  return {};
}

}  // namespace bygone
