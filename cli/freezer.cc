#include "cli/freezer.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>

#include "cli/errors.h"
#include "store/freeze.h"

namespace bygone::cli {

namespace {

// Until the last events are committed, and a recording that ends with them has ended.
constexpr int kPatienceMs = 500;
constexpr int kTries = 60;

volatile int descriptor_to_wake = -1;

void wake(int fd) {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(fd, &one, sizeof one);
}

void on_signal(int) {
  wake(descriptor_to_wake);
}

bool wait_for_wake(int fd, int timeout_ms) {
  pollfd ready{fd, POLLIN, 0};
  return poll(&ready, 1, timeout_ms) > 0;
}

void take_wakes(int fd) {
  uint64_t requests = 0;
  [[maybe_unused]] const ssize_t taken = read(fd, &requests, sizeof requests);
}

}  // namespace

Freezer::Freezer(const Store& store, std::string recording)
    : store_(store), recording_(std::move(recording)), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  descriptor_to_wake = wake_;
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGUSR1, &action, nullptr);  // exec(3) sets it back for the program
  thread_ = std::thread([this] { run(); });
}

Freezer::~Freezer() {
  signal(SIGUSR1, SIG_IGN);
  over_ = true;
  wake(wake_);
  thread_.join();
  close(wake_);
}

void Freezer::request(EventNumber event) {
  wanted_ = event.value;
  wake(wake_);
}

bool Freezer::has_come_far_enough() const {
  const auto reader = store_.read(recording_);
  return reader && (*reader)->last_event().value >= wanted_;
}

void Freezer::run() {
  sigset_t all;  // signals are the recorder's business
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  while (wait_for_wake(wake_, -1) && !over_) {
    // Whoever asks meanwhile wants what this copy will have.
    for (int tries = 0; tries == 0 || (!has_come_far_enough() && tries < kTries); ++tries) {
      take_wakes(wake_);
      wait_for_wake(wake_, kPatienceMs);
      if (over_) return;
    }
    take_wakes(wake_);
    const auto frozen = freeze_recording(store_, recording_, "");
    tell(frozen ? fmt::format("{}: what is kept so far is frozen as {}", recording_, *frozen)
                : frozen.error().message());
  }
}

}  // namespace bygone::cli
