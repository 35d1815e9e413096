#pragma once

#include <atomic>
#include <chrono>
#include <csignal>
#include <optional>
#include <thread>

namespace bygone {

// Tells the thread that made it when the user wants to stop: by SIGINT or SIGTERM, which nobody else gets
// while this lives, or because `duration` has passed since begin_time(). From then on the thread's waits are
// interrupted (SIGALRM, whose handler it sets) until this is gone.
class StopRequest {
 public:
  explicit StopRequest(std::optional<std::chrono::nanoseconds> duration);
  ~StopRequest();
  StopRequest(const StopRequest&) = delete;
  StopRequest& operator=(const StopRequest&) = delete;

  void begin_time() { running_ = true; }
  bool is_there() const { return requested_.load(std::memory_order_relaxed); }

 private:
  void watch(std::optional<std::chrono::nanoseconds> duration, pid_t waiter);

  sigset_t before_;
  std::atomic<bool> running_ = false;  // the time
  std::atomic<bool> requested_ = false;
  std::atomic<bool> over_ = false;
  std::thread watcher_;
};

}  // namespace bygone
