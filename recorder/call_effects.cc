#include "recorder/session.h"

namespace bygone {

void Session::note_uncaptured(int32_t call, const std::string& detail) {
  UncapturedCall& entry = uncaptured_[{call, detail}];
  if (entry.count++ == 0) {
    entry.call = call;
    entry.detail = detail;
    entry.first_event = log_.next();
  }
}

void Session::capture_writes(RecordedTask& task, int64_t result) {
  if (task.forced_result) return;
  const Capture capture = written_by(task.entry, result, task.space->memory);
  if (!capture.unknown.empty())
    note_uncaptured(int32_t(task.entry.registers[Register::orig_rax]), capture.unknown);
  std::vector<std::byte> bytes;
  for (const MemoryRange& range : capture.ranges) {
    // Piece by piece, and page by page where a range runs into unmapped memory: the kernel stopped there too.
    constexpr uint64_t kPiece = 1 << 20;
    for (Address at = range.start; at < range.end;) {
      const uint64_t size = std::min<uint64_t>(kPiece, range.end - at);
      bytes.resize(size);
      if (task.space->memory.read(at, bytes)) {
        log_.memory_write(Tid{task.tid}, at, bytes);
        at = at + size;
        continue;
      }
      const Address piece_end = at + size;
      while (at < piece_end) {
        const uint64_t in_page = std::min<uint64_t>(page_floor(at) + kPageSize - at, piece_end - at);
        bytes.resize(in_page);
        if (task.space->memory.read(at, bytes)) log_.memory_write(Tid{task.tid}, at, bytes);
        at = at + in_page;
      }
    }
  }
}

}  // namespace bygone
