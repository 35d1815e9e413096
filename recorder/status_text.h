#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace bygone {

// How a task of the program is without the recorder.
struct StatusShown {
  bool traced_stop = false;  // stopped for a tracer of the program's
  bool job_stopped = false;
  pid_t tracer = 0;  // as the reader numbers it
  std::optional<uint64_t> own_mask =
      std::nullopt;  // of signals it blocks, where that is another than the kernel has
};

// Whether a text may be one of those below, and not be as it is then. Cheap.
bool may_tell_of_tracing(const std::string& text);

// What was read of /proc/PID/stat (proc_pid_stat(5)), from its beginning, as it is then. Any other text is
// left as it is.
std::string untraced_stat(std::string text, const StatusShown& shown);

// Lines of /proc/PID/status (proc_pid_status(5)) likewise, whole ones only. They keep their length, with
// blanks at their end, so that positions in the file mean what they mean to the kernel.
std::string untraced_status(std::string text, const StatusShown& shown);

}  // namespace bygone
