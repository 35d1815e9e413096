#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace bygone {

// A few threads for work that needs no order: hashing and compression. Its queue is short, and whoever finds
// it full does the work himself: nobody gets ahead of the processors, and memory stays bounded. Thread-safe;
// must outlive whoever waits for its work.
class WorkPool {
 public:
  // Without threads everything is done at once by whoever asks.
  explicit WorkPool(unsigned threads);
  ~WorkPool();
  WorkPool(const WorkPool&) = delete;
  WorkPool& operator=(const WorkPool&) = delete;

  // As many as can work beside one that drains a ring.
  static unsigned useful_threads();
  // One without threads, for who writes little.
  static WorkPool& inline_work();

  // What `work` refers to must live until the future is ready.
  template <class Work>
  auto begin(Work work) -> std::future<std::invoke_result_t<Work>> {
    using Result = std::invoke_result_t<Work>;
    auto task = std::make_shared<std::packaged_task<Result()>>(std::move(work));
    auto result = task->get_future();
    if (!enqueue([task] { (*task)(); })) (*task)();
    return result;
  }

  // Waits for the future, and works in the meantime. An exception of the work comes out here.
  template <class Result>
  Result finish(std::future<Result>& future) {
    while (!is_ready(future) && run_one()) {
    }
    return future.get();
  }

  template <class Result>
  static bool is_ready(const std::future<Result>& future) {
    return future.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  }

 private:
  using Work = std::function<void()>;
  bool enqueue(Work work);
  bool run_one();
  void run();

  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<Work> queue_;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace bygone
