#include "recorder/stop_request.h"

#include <unistd.h>

#include <algorithm>

#include "recorder/wait_limit.h"

namespace bygone {

namespace {

constexpr auto kNudge = std::chrono::milliseconds(10);

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

StopRequest::StopRequest(std::optional<std::chrono::nanoseconds> duration) {
  let_alarms_interrupt();  // the first may come before the session waits for anything
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, &before_);  // the watcher inherits it
  watcher_ = std::thread([this, duration, waiter = gettid()] { watch(duration, waiter); });
}

StopRequest::~StopRequest() {
  over_ = true;
  watcher_.join();
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void StopRequest::watch(std::optional<std::chrono::nanoseconds> duration, pid_t waiter) {
  const sigset_t set = stop_signals();
  std::optional<std::chrono::steady_clock::time_point> began;
  const timespec nudge{0, std::chrono::nanoseconds(kNudge).count()};
  while (!over_) {
    const bool signalled = sigtimedwait(&set, nullptr, &nudge) > 0;
    const auto now = std::chrono::steady_clock::now();
    if (running_ && !began) began = now;
    const bool timed_out = duration && began && now - *began >= *duration;
    if (signalled || timed_out) requested_ = true;
    // Again and again: the waiter may have looked just before it went to sleep.
    if (requested_ && !over_) tgkill(getpid(), waiter, SIGALRM);
  }
}

}  // namespace bygone
