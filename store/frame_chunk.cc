#include "store/frame_chunk.h"

#include <fmt/core.h>

#include <utility>

#include "store/database.h"

namespace bygone {

namespace {
// A varint has at most 10 bytes, a chunk's entry kRegisterCount + 2 of them.
constexpr size_t kLargestChunkBytes = kMostFramesPerChunk * (kRegisterCount + 2) * 10;
}  // namespace

FrameChunkWriter::FrameChunkWriter(SQLite::Database& database, WorkPool& pool)
    : insert_(database, "INSERT INTO frame_chunk(first_event, last_event, registers) VALUES(?, ?, ?)"),
      queue_(pool) {
  entries_.reserve(kFramesPerChunk);
  if (!database.tableExists("chunk_call") || !database.tableExists("chunk_task")) return;
  insert_call_.emplace(
      database,
      "INSERT INTO chunk_call(call, first_event, last_event, returns, errors) VALUES(?, ?, ?, ?, ?)");
  insert_task_.emplace(database, "INSERT INTO chunk_task(task, first_event, last_event) VALUES(?, ?, ?)");
}

void FrameChunkWriter::append(const Frame& frame, std::optional<Registers> registers) {
  if (entries_.empty()) first_ = frame.event;
  entries_.push_back({frame.task, std::move(registers)});
  if (entries_.size() == 1 || frame.task.value != last_task_) tasks_.insert(last_task_ = frame.task.value);
  const bool is_call = frame.kind == FrameKind::syscall || frame.kind == FrameKind::enter ||
                       frame.kind == FrameKind::exec || frame.kind == FrameKind::clone;
  if (is_call && frame.call) {
    const auto number = size_t(*frame.call);
    CallCount& count = number < calls_.size() ? calls_[number] : other_calls_[*frame.call];
    count.occurs = true;
    if (frame.kind != FrameKind::enter) {  // the call's return is still to come
      ++count.returns;
      if (frame.result && *frame.result < 0 && *frame.result >= -4095) ++count.errors;
    }
  }
  if (entries_.size() == kFramesPerChunk) close_chunk();
}

void FrameChunkWriter::summarise() {
  const auto last = int64_t(first_.value + entries_.size() - 1);
  for (size_t call = 0; call < calls_.size(); ++call)
    if (calls_[call].occurs) other_calls_[int32_t(call)] = calls_[call];
  calls_ = {};
  for (const auto& [call, count] : std::exchange(other_calls_, {})) {
    if (!insert_call_) break;
    insert_call_->bind(1, call);
    insert_call_->bind(2, int64_t(first_.value));
    insert_call_->bind(3, last);
    insert_call_->bind(4, int64_t(count.returns));
    insert_call_->bind(5, int64_t(count.errors));
    insert_call_->exec();
    insert_call_->reset();
  }
  for (const int32_t task : std::exchange(tasks_, {})) {
    if (!insert_task_) break;
    insert_task_->bind(1, task);
    insert_task_->bind(2, int64_t(first_.value));
    insert_task_->bind(3, last);
    insert_task_->exec();
    insert_task_->reset();
  }
}

void FrameChunkWriter::close_chunk() {
  if (entries_.empty()) return;
  summarise();
  const size_t frames = entries_.size();
  queue_.add(
      [entries = std::exchange(entries_, {})] { return compressed(encode_registers(entries)); },
      [this, first = first_, frames](std::span<const std::byte> bytes) { store(first, frames, bytes); });
  entries_.reserve(kFramesPerChunk);
}

void FrameChunkWriter::store(EventNumber first, size_t frames, std::span<const std::byte> bytes) {
  insert_.reset();
  insert_.bind(1, int64_t(first.value));
  insert_.bind(2, int64_t(first.value + frames - 1));
  insert_.bindNoCopy(3, bytes.data(), int(bytes.size()));
  insert_.exec();
  insert_.reset();
}

void FrameChunkWriter::flush() {
  close_chunk();
  queue_.store_all();
}

FrameChunkReader::FrameChunkReader(SQLite::Database& database)
    : select_(database,
              "SELECT first_event, last_event, registers FROM frame_chunk WHERE first_event <= ? "
              "ORDER BY first_event DESC LIMIT 1") {}

Expected<FrameChunk> FrameChunkReader::read(EventNumber event) {
  auto damaged = [&](std::string cause) {
    return fail(ErrorKind::bad_data, fmt::format("registers of event {}", event.value), std::move(cause),
                "record again if there is no copy");
  };
  select_.reset();
  select_.bind(1, int64_t(event.value));
  const ResetOnExit reset(select_);
  if (!select_.executeStep()) return damaged("are missing");
  FrameChunk chunk;
  chunk.first = EventNumber{uint64_t(select_.getColumn(0).getInt64())};
  const EventNumber last{uint64_t(select_.getColumn(1).getInt64())};
  if (last < event) return damaged("are missing");
  if (chunk.first.value == 0 || last.value - chunk.first.value >= kMostFramesPerChunk)
    return damaged("are in a chunk of impossible size");
  const SQLite::Column column = select_.getColumn(2);
  auto bytes = decompressor_.decompress(
      {static_cast<const std::byte*>(column.getBlob()), size_t(column.getBytes())}, kLargestChunkBytes);
  if (!bytes) return damaged(bytes.error().cause);
  BYGONE_ASSIGN(chunk.entries, decode_registers(*bytes, kMostFramesPerChunk));
  if (chunk.entries.size() != last.value - chunk.first.value + 1)
    return damaged("are fewer than their chunk says");
  return chunk;
}

}  // namespace bygone
