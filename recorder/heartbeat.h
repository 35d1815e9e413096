#pragma once

#include <chrono>
#include <ctime>
#include <optional>
#include <utility>

namespace bygone {

// Interrupts the waits of the thread that makes it (SIGALRM, whose handler must be set without SA_RESTART)
// again and again, so that it looks about when nothing happens.
class Heartbeat {
 public:
  // Nothing where the system has no timer left: waits are then as long as they are.
  static std::optional<Heartbeat> start(std::chrono::nanoseconds interval);
  Heartbeat(Heartbeat&& other) noexcept;
  Heartbeat& operator=(Heartbeat&& other) noexcept {
    std::swap(timer_, other.timer_);
    return *this;
  }
  ~Heartbeat();

 private:
  explicit Heartbeat(timer_t timer) : timer_(timer) {}
  std::optional<timer_t> timer_;
};

}  // namespace bygone
