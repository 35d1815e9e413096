#include "recorder/snapshot_pacer.h"

#include <algorithm>
#include <ctime>

namespace bygone {

namespace {

constexpr int kMostPostponed = 5;
constexpr uint64_t kWindowSteps = 10;
// How often it looks closer: often enough for the interval, no oftener than that.
constexpr std::chrono::nanoseconds kShortestLook = std::chrono::microseconds(100);
constexpr std::chrono::nanoseconds kLongestLook = std::chrono::milliseconds(10);
// What an event costs a replay besides the program's own time (docs/performance.md).
constexpr auto kEventCost = std::chrono::microseconds(20);

// The processor time of all threads of a process (clock_getcpuclockid(3)); zero when it is gone.
std::chrono::nanoseconds processor_time(pid_t pid) {
  clockid_t clock;
  timespec time{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) return {};
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

SnapshotPacer::SnapshotPacer(const SnapshotOptions& options, Clock::time_point now)
    : options_(options),
      look_interval_(std::clamp(options.interval / 10, kShortestLook, kLongestLook)),
      next_look_(now + look_interval_),
      not_before_(now),
      taken_(now) {
  if (options.keep.time_ns != 0) window_step_ = std::chrono::nanoseconds(options.keep.time_ns / kWindowSteps);
  if (options.keep.size_bytes != 0) window_step_bytes_ = options.keep.size_bytes / kWindowSteps;
}

bool SnapshotPacer::look(Clock::time_point now, uint64_t events, const std::vector<pid_t>& processes) {
  next_look_ = now + look_interval_;
  std::map<pid_t, std::chrono::nanoseconds> now_seen;
  for (const pid_t process : processes) {
    const auto time = processor_time(process);
    const auto before = seen_.find(process);
    used_ += std::max(time - (before == seen_.end() ? std::chrono::nanoseconds{} : before->second),
                      std::chrono::nanoseconds{});
    now_seen[process] = time;
  }
  seen_ = std::move(now_seen);
  return now >= not_before_ && used_ + kEventCost * (events - events_then_) >= options_.interval;
}

void SnapshotPacer::postpone(Clock::time_point now) {
  due_ = false;
  // Rarer and rarer: while tasks are waited for, others get no turn.
  postponed_ = std::min(postponed_ + 1, kMostPostponed);
  next_look_ = now + 10 * look_interval_ * (1 << postponed_);
}

void SnapshotPacer::took(Clock::time_point began, Clock::time_point ended, uint64_t events,
                         uint64_t written_bytes) {
  due_ = false;
  postponed_ = 0;
  used_ = {};
  taken_ = ended;
  written_then_ = written_bytes;
  events_then_ = events;
  not_before_ = ended + std::chrono::nanoseconds(int64_t(double((ended - began).count()) / options_.budget));
}

}  // namespace bygone
