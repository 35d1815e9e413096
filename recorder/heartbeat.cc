#include "recorder/heartbeat.h"

#include <unistd.h>

#include <csignal>
#include <utility>

namespace bygone {

std::optional<Heartbeat> Heartbeat::start(std::chrono::nanoseconds interval) {
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = SIGALRM;
  event._sigev_un._tid = gettid();
  timer_t timer{};
  if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) return std::nullopt;
  Heartbeat heartbeat(timer);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(interval);
  const timespec every{seconds.count(), (interval - seconds).count()};
  const itimerspec value{every, every};
  if (timer_settime(timer, 0, &value, nullptr) != 0) return std::nullopt;
  return heartbeat;
}

Heartbeat::Heartbeat(Heartbeat&& other) noexcept : timer_(std::exchange(other.timer_, std::nullopt)) {}

Heartbeat::~Heartbeat() {
  if (timer_) timer_delete(*timer_);
}

}  // namespace bygone
