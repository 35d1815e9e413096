#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <thread>

namespace bygone {

// Signals that ask a program to end reach it where they were sent to its recorder alone: by `timeout`, a
// service manager, kill(1). The recorder itself stays, to write down what the program makes of them; once the
// program has ended and only children of it are left, or is sent a signal again that it has not taken for a
// second, it ends with them. One at a time.
class PassedSignals {
 public:
  explicit PassedSignals(pid_t program);
  ~PassedSignals();
  PassedSignals(const PassedSignals&) = delete;
  PassedSignals& operator=(const PassedSignals&) = delete;

  // The program has got this one: who signals a whole process group means both, and is not heard twice.
  void arrived(int signal);

 private:
  static constexpr int kSignals[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};
  void watch();

  pid_t program_;
  std::array<std::atomic<int64_t>, NSIG> arrived_ns_{};  // CLOCK_MONOTONIC
  struct sigaction before_[std::size(kSignals)];
  std::atomic<bool> over_ = false;
  std::thread watcher_;
};

}  // namespace bygone
