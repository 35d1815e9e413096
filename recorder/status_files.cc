#include <sys/syscall.h>

#include "recorder/session.h"
#include "recorder/status_text.h"
#include "tracee/descriptors.h"

namespace bygone {

void Session::note_task_file(const RecordedTask& task, int64_t result) {
  const uint64_t call = task.entry.registers[Register::orig_rax];
  const bool opens = call == SYS_openat || call == SYS_open || call == SYS_openat2;
  if (!opens || result < 0 || task.forced_result) return;
  const std::string name = task_file(task.tid, int(result)).name;
  memory_files_open_ = memory_files_open_ || name == "mem";
  status_files_open_ = status_files_open_ || name == "stat" || name == "status";
}

void Session::show_as_untraced(RecordedTask& task) {
  const Registers& call = task.entry.registers;
  const uint64_t number = call[Register::orig_rax];
  const int64_t result = int64_t(task.registers[Register::rax]);
  constexpr int64_t kMost = 16 << 10;
  if (!status_files_open_ || (number != SYS_read && number != SYS_pread64) || result <= 0 || result > kMost)
    return;
  const TaskFile file = task_file(task.tid, int(call.argument(0)));
  if (file.name != "stat" && file.name != "status") return;
  const RecordedTask* const shown = find_as_seen_by(task, file.task);
  if (shown == nullptr) return;
  const Address at{call.argument(1)};
  std::string text(size_t(result), '\0');
  if (!task.space->memory.read(at, std::as_writable_bytes(std::span(text)))) return;
  const auto tracer = tasks_.find(shown->traced.tracer);
  const std::string untraced =
      as_untraced(text, {.traced_stop = shown->traced.stopped(),
                         .job_stopped = shown->job_stopped,
                         .tracer = tracer != tasks_.end() ? number_seen_by(task, *tracer->second) : 0,
                         .own_mask = shown->own_mask});
  if (untraced == text || !task.space->memory.write(at, std::as_bytes(std::span(untraced)))) return;
  capture_range(task, {at + untraced.size(), at + text.size()});  // the kernel has written there
  task.registers[Register::rax] = untraced.size();
  set_registers(task.tid, task.registers);
}

}  // namespace bygone
