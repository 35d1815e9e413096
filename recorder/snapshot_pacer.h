#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <vector>

#include "schema/keep_bounds.h"

namespace bygone {

struct SnapshotOptions {
  bool wanted = true;
  // About how long a replay takes from one to the next.
  std::chrono::nanoseconds interval = std::chrono::milliseconds(500);
  double budget = 0.1;  // the share of the program's time that may go into them
  // Of a recording of which only a window is kept, whose beginning is a snapshot: they come so often that the
  // window can follow, whatever they cost.
  KeepBounds keep;
};

// Says when a snapshot is due: when replaying what came since the last one would take the interval, judged by
// the processor time the program used and the events there were, and the time the last one took is paid off.
class SnapshotPacer {
 public:
  using Clock = std::chrono::steady_clock;
  explicit SnapshotPacer(const SnapshotOptions& options, Clock::time_point now);

  // Cheap: looks closer only now and then. Once it is due it stays so, until it is taken or postponed.
  // `processes` are asked for their processor times.
  template <class Processes>
  bool is_due(Clock::time_point now, uint64_t events, uint64_t written_bytes, Processes&& processes) {
    if (!options_.wanted) return false;
    if (due_) return true;
    if (now < next_look_) return false;
    if (written_bytes - written_then_ >= window_step_bytes_) return due_ = true;
    due_ = look(now, events, processes()) || (now - taken_ >= window_step_ && events != events_then_);
    return due_;
  }
  // The moment is no good: another is looked for soon.
  void postpone(Clock::time_point now);
  // One was taken between `began` and `ended`, at the event numbered `events`.
  // `written_bytes` were written down until then.
  void took(Clock::time_point began, Clock::time_point ended, uint64_t events, uint64_t written_bytes);

 private:
  bool look(Clock::time_point now, uint64_t events, const std::vector<pid_t>& processes);

  SnapshotOptions options_;
  std::chrono::nanoseconds look_interval_;
  Clock::time_point next_look_;
  int postponed_ = 0;             // times, since the last one was taken
  Clock::time_point not_before_;  // until the last one is paid off
  bool due_ = false;
  Clock::time_point taken_;
  std::chrono::nanoseconds window_step_ = std::chrono::nanoseconds::max();
  uint64_t window_step_bytes_ = ~uint64_t{0};
  uint64_t events_then_ = 0;
  uint64_t written_then_ = 0;
  std::chrono::nanoseconds used_{0};                // by the program, since the last one
  std::map<pid_t, std::chrono::nanoseconds> seen_;  // by each process, when it was last asked
};

}  // namespace bygone
