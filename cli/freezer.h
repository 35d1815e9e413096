#pragma once

#include <atomic>
#include <string>
#include <thread>

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

  // Soon, so that what has just happened is part of it. Cheap; from any thread.
  void request();

 private:
  void run();

  const Store& store_;
  std::string recording_;
  int wake_;  // eventfd(2)
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

}  // namespace bygone::cli
