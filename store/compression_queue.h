#pragma once

#include <deque>
#include <functional>
#include <future>
#include <span>
#include <utility>
#include <vector>

#include "store/work_pool.h"

namespace bygone {

// Compresses on a pool and hands the results on in the order in which they were asked for. Not thread-safe.
class CompressionQueue {
 public:
  using Store = std::function<void(std::span<const std::byte> compressed)>;

  explicit CompressionQueue(WorkPool& pool) : pool_(pool) {}

  // `compress` returns the bytes and must own all it uses: it runs on another thread, perhaps after this
  // object is gone. `store` is called from here or from store_all(). What either throws comes out of both.
  template <class Compress>
  void add(Compress compress, Store store) {
    waiting_.push_back({pool_.begin(std::move(compress)), std::move(store)});
    while (waiting_.size() > kMostWaiting ||
           (!waiting_.empty() && WorkPool::is_ready(waiting_.front().bytes)))
      store_first();
  }

  void store_all() {
    while (!waiting_.empty()) store_first();
  }

 private:
  static constexpr size_t kMostWaiting = 8;
  struct Waiting {
    std::future<std::vector<std::byte>> bytes;
    Store store;
  };
  void store_first() {
    Waiting first = std::move(waiting_.front());
    waiting_.pop_front();
    first.store(pool_.finish(first.bytes));
  }

  WorkPool& pool_;
  std::deque<Waiting> waiting_;
};

}  // namespace bygone
