#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "schema/ids.h"
#include "store/store.h"

namespace bygone::cli {

// Freezes what is kept of a recording in progress (store/freeze.h) when this process gets SIGUSR1, or when
// asked to. Copies are made on a thread of its own, one at a time, and told of on standard error.
class Freezer {
 public:
  Freezer(const Store& store, std::string recording);
  ~Freezer();  // a copy that is being made is finished; one that is only asked for is not begun
  Freezer(const Freezer&) = delete;
  Freezer& operator=(const Freezer&) = delete;

  // Once `event` is committed, so that it is part of the copy. Cheap; from any thread.
  void request(EventNumber event);

 private:
  void run();
  bool has_come_far_enough() const;

  const Store& store_;
  std::string recording_;
  int wake_;                          // eventfd(2)
  std::atomic<uint64_t> wanted_ = 1;  // the last event that a copy must have
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

}  // namespace bygone::cli
