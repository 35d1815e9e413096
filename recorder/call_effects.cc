#include <sys/syscall.h>
#include <sys/uio.h>

#include <algorithm>
#include <climits>

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
  for (const MemoryRange& range : capture.ranges) capture_range(task, range);
}

void Session::capture_range(RecordedTask& of, const MemoryRange& range) {
  constexpr uint64_t kPiece = 1 << 20;
  std::vector<std::byte> bytes;
  for (Address at = range.start; at < range.end;) {
    const uint64_t size = std::min<uint64_t>(kPiece, range.end - at);
    bytes.resize(size);
    if (of.space->memory.read(at, bytes)) {
      log_.memory_write(Tid{of.tid}, at, bytes);
      at = at + size;
      continue;
    }
    // Page by page where a range runs into unmapped memory: the kernel stopped there too.
    const Address piece_end = at + size;
    while (at < piece_end) {
      const uint64_t in_page = std::min<uint64_t>(page_floor(at) + kPageSize - at, piece_end - at);
      bytes.resize(in_page);
      if (of.space->memory.read(at, bytes)) log_.memory_write(Tid{of.tid}, at, bytes);
      at = at + in_page;
    }
  }
}

// process_vm_writev(2) into a task of this recording. Elements are filled in order until the result is used up.
void Session::capture_remote_writes(RecordedTask& task, int64_t result) {
  const Registers& call = task.entry.registers;
  if (call[Register::orig_rax] != SYS_process_vm_writev || result <= 0) return;
  const pid_t target = pid_t(call.argument(0));
  const auto found = std::find_if(tasks_.begin(), tasks_.end(), [&](const auto& t) {
    return t.second->space && (t.second->tid == target || t.second->tgid == target);
  });
  if (found == tasks_.end()) return;  // memory of a process that is not recorded
  uint64_t left = uint64_t(result);
  for (uint64_t i = 0; i < std::min<uint64_t>(call.argument(4), IOV_MAX) && left > 0; ++i) {
    iovec element{};
    if (!task.space->memory.read_value(Address{call.argument(3)} + i * sizeof element, element)) return;
    const uint64_t size = std::min<uint64_t>(left, element.iov_len);
    capture_range(*found->second, range_of(Address{reinterpret_cast<uint64_t>(element.iov_base)}, size));
    left -= size;
  }
}

}  // namespace bygone
