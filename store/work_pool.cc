#include "store/work_pool.h"

#include <algorithm>

namespace bygone {

namespace {
constexpr unsigned kMostThreads = 4;
// What is queued holds up to 256 KiB each.
constexpr size_t kQueuedPerThread = 16;
}  // namespace

WorkPool::WorkPool(unsigned threads) {
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

WorkPool::~WorkPool() {
  {
    const std::lock_guard guard(mutex_);
    stop_ = true;
  }
  filled_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

unsigned WorkPool::useful_threads() {
  return std::clamp(std::thread::hardware_concurrency(), 2u, kMostThreads + 1) - 1;
}

WorkPool& WorkPool::inline_work() {
  static WorkPool none(0);
  return none;
}

bool WorkPool::enqueue(Work work) {
  if (threads_.empty()) return false;
  {
    const std::lock_guard guard(mutex_);
    if (queue_.size() >= kQueuedPerThread * threads_.size()) return false;
    queue_.push_back(std::move(work));
  }
  filled_.notify_one();
  return true;
}

bool WorkPool::run_one() {
  Work work;
  {
    const std::lock_guard guard(mutex_);
    if (queue_.empty()) return false;
    work = std::move(queue_.front());
    queue_.pop_front();
  }
  work();
  return true;
}

void WorkPool::run() {
  for (;;) {
    Work work;
    {
      std::unique_lock held(mutex_);
      filled_.wait(held, [&] { return stop_ || !queue_.empty(); });
      if (queue_.empty()) return;
      work = std::move(queue_.front());
      queue_.pop_front();
    }
    work();
  }
}

}  // namespace bygone
