#include "recorder/passed_signals.h"

#include <semaphore.h>

#include <chrono>
#include <ctime>
#include <utility>

namespace bygone {

namespace {

// A signal to a group reaches its members one after the other.
constexpr auto kSameTime = std::chrono::milliseconds(50);
// Who has not taken a signal after this time, and is sent it again, never will.
constexpr auto kPatience = std::chrono::seconds(1);

int64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

// Between handler and watcher.
sem_t sent;
std::array<std::atomic<bool>, NSIG> sent_by_somebody;

// What a terminal sends goes to all that are meant.
void note(int signal, siginfo_t* info, void*) {
  if (info->si_code == SI_KERNEL) return;
  sent_by_somebody[size_t(signal)] = true;
  sem_post(&sent);
}

}  // namespace

PassedSignals::PassedSignals(pid_t program) : program_(program) {
  sem_init(&sent, 0, 0);
  for (auto& flag : sent_by_somebody) flag = false;
  watcher_ = std::thread([this] { watch(); });
  for (size_t i = 0; i < std::size(kSignals); ++i) {
    struct sigaction action {};
    action.sa_sigaction = note;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    sigaction(kSignals[i], nullptr, &before_[i]);
    if (before_[i].sa_handler != SIG_IGN) sigaction(kSignals[i], &action, nullptr);  // nohup(1)
  }
}

PassedSignals::~PassedSignals() {
  for (size_t i = 0; i < std::size(kSignals); ++i) sigaction(kSignals[i], &before_[i], nullptr);
  over_ = true;
  sem_post(&sent);
  watcher_.join();
  sem_destroy(&sent);
}

void PassedSignals::arrived(int signal) {
  arrived_ns_[size_t(signal)] = now_ns();
}

void PassedSignals::watch() {
  std::array<int64_t, NSIG> passed_ns{};
  while (!over_) {
    while (sem_wait(&sent) != 0) {
    }
    for (const int signal : kSignals) {
      if (!sent_by_somebody[size_t(signal)].exchange(false)) continue;
      std::this_thread::sleep_for(kSameTime);
      const int64_t since_ns = now_ns() - arrived_ns_[size_t(signal)];
      const bool has_it = since_ns < 2 * std::chrono::nanoseconds(kSameTime).count();
      const int64_t before_ns = std::exchange(passed_ns[size_t(signal)], now_ns());
      const bool does_not_take_it = before_ns != 0 && arrived_ns_[size_t(signal)] < before_ns &&
                                    now_ns() - before_ns > std::chrono::nanoseconds(kPatience).count();
      if (has_it || over_ || (!does_not_take_it && kill(program_, signal) == 0)) continue;
      // It has left others behind, or cannot be asked: all end with the recorder.
      ::signal(signal, SIG_DFL);
      raise(signal);
    }
  }
}

}  // namespace bygone
