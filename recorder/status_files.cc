#include <sys/syscall.h>

#include "recorder/session.h"
#include "recorder/status_text.h"
#include "tracee/descriptors.h"

namespace bygone {

namespace {

bool reads_file(uint64_t call) {
  return call == SYS_read || call == SYS_pread64 || call == SYS_readv || call == SYS_preadv ||
         call == SYS_preadv2;
}

}  // namespace

void Session::note_task_file(const RecordedTask& task, int64_t result) {
  const uint64_t call = task.entry.registers[Register::orig_rax];
  const bool opens = call == SYS_openat || call == SYS_open || call == SYS_openat2;
  if (!opens || result < 0 || task.forced_result) return;
  const std::string name = task_file(task.tid, int(result)).name;
  memory_files_open_ = memory_files_open_ || name == "mem";
  status_files_open_ = status_files_open_ || name == "stat" || name == "status";
}

void Session::show_as_untraced(RecordedTask& task, int64_t result) {
  const Registers& call = task.entry.registers;
  constexpr int64_t kMost = 16 << 10;
  if (!status_files_open_ || !reads_file(call[Register::orig_rax]) || result <= 0 || result > kMost) return;
  TraceeMemory& memory = task.space->memory;
  const std::vector<MemoryRange> pieces = written_by(task.entry, result, memory, &task.space->space).ranges;
  std::string text;
  for (const MemoryRange& piece : pieces) {
    const size_t before = text.size();
    text.resize(before + piece.size_bytes());
    if (!memory.read(piece.start, std::as_writable_bytes(std::span(text).subspan(before)))) return;
  }
  if (!may_tell_of_tracing(text)) return;
  const TaskFile file = task_file(task.tid, int(call.argument(0)));
  if (file.name != "stat" && file.name != "status") return;
  const RecordedTask* const subject = find_as_seen_by(task, file.task);
  if (subject == nullptr) return;
  const auto tracer = tasks_.find(subject->traced.tracer);
  const StatusShown shown{.traced_stop = subject->traced.stopped(),
                          .job_stopped = subject->job_stopped,
                          .tracer = tracer != tasks_.end() ? number_seen_by(task, *tracer->second) : 0,
                          .own_mask = subject->own_mask};
  const std::string untraced =
      file.name == "stat" ? untraced_stat(text, shown) : untraced_status(text, shown);
  if (untraced == text) return;
  std::span<const char> left(untraced);
  for (const MemoryRange& piece : pieces) {
    memory.write(piece.start, std::as_bytes(left.first(piece.size_bytes())));
    left = left.subspan(piece.size_bytes());
  }
}

}  // namespace bygone
