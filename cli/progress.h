#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace bygone::cli {

// A line on a terminal that tells how far a long run has come: events, share, rate, time left. Silent in the
// first second, and where standard error is no terminal. Erased when done.
class Progress {
 public:
  using Clock = std::chrono::steady_clock;

  // `size_bytes` of the recording gives the rate in bytes.
  Progress(uint64_t total_events, uint64_t size_bytes);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void update(uint64_t done_events);

 private:
  const uint64_t total_events_;
  const uint64_t size_bytes_;
  const bool shown_on_terminal_;
  const Clock::time_point start_;
  Clock::time_point next_;
  bool drawn_ = false;
};

// "42%  1234/5678 events  12345 events/s  3.2 MB/s  4 s left"
std::string progress_text(uint64_t done_events, uint64_t total_events, uint64_t size_bytes,
                          double elapsed_seconds);

}  // namespace bygone::cli
