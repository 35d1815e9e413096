#include "store/service_watch.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <csignal>
#include <utility>

namespace bygone {

namespace {
constexpr int kWakeIntervalMs = 10;
}

ServiceWatch::ServiceWatch(std::function<void()> wake)
    : wake_(std::move(wake)), event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  // Signals are for the thread that waits for them.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

ServiceWatch::~ServiceWatch() {
  stop_ = true;
  ::eventfd_write(event_, 1);
  thread_.join();
  if (next_ >= 0) ::close(next_);
  ::close(event_);
}

void ServiceWatch::watch(int connection) {
  {
    const std::lock_guard guard(mutex_);
    if (next_ >= 0) ::close(next_);
    next_ = ::fcntl(connection, F_DUPFD_CLOEXEC, 0);
  }
  acknowledge();
}

void ServiceWatch::acknowledge() {
  trouble_ = false;
  ::eventfd_write(event_, 1);
}

int ServiceWatch::take_new_connection(int old) {
  const std::lock_guard guard(mutex_);
  if (next_ < 0) return old;
  if (old >= 0) ::close(old);
  return std::exchange(next_, -1);
}

void ServiceWatch::run() {
  int connection = -1;
  bool seen = false;
  while (!stop_) {
    pollfd ready[] = {{event_, POLLIN, 0}, {seen ? -1 : connection, 0, 0}};
    const bool wanted = trouble_;
    ::poll(ready, 2, wanted ? kWakeIntervalMs : -1);
    if (ready[0].revents != 0) {
      eventfd_t ignored = 0;
      ::eventfd_read(event_, &ignored);
      const int before = connection;
      connection = take_new_connection(connection);
      seen = seen && connection == before;
      continue;
    }
    if (ready[1].revents != 0) {
      seen = true;
      trouble_ = true;
    }
    if (trouble_) wake_();
  }
  if (connection >= 0) ::close(connection);
}

}  // namespace bygone
