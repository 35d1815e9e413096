#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

namespace bygone {

// A thread that sees at once when the service hangs up, while the recorder sleeps in a wait for its program.
// It calls `wake` every few milliseconds from then until acknowledge(): a signal sent just before the
// recorder goes to sleep would be lost.
class ServiceWatch {
 public:
  explicit ServiceWatch(std::function<void()> wake);
  ~ServiceWatch();
  ServiceWatch(const ServiceWatch&) = delete;
  ServiceWatch& operator=(const ServiceWatch&) = delete;

  // From now on this connection, which stays the caller's.
  void watch(int connection);
  bool has_seen_trouble() const { return trouble_.load(std::memory_order_relaxed); }
  void acknowledge();

 private:
  void run();
  int take_new_connection(int old);

  std::function<void()> wake_;
  int event_;
  std::mutex mutex_;
  int next_ = -1;  // to be watched next; guarded by mutex_
  std::atomic<bool> stop_ = false;
  std::atomic<bool> trouble_ = false;
  std::thread thread_;
};

}  // namespace bygone
