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

// What the beginning of /proc/PID/stat or /proc/PID/status (proc_pid_stat(5), proc_pid_status(5)) says then.
// Any other text is left as it is. Never longer than `text`.
std::string as_untraced(std::string text, const StatusShown& shown);

}  // namespace bygone
