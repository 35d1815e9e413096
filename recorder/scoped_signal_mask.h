#pragma once

#include <sys/types.h>

#include <csignal>

#include "recorder/signal_action.h"
#include "tracee/ptrace.h"

namespace bygone {

constexpr int kFirstQueued = 32;  // standard signals, below, do not queue (signal(7))

constexpr uint64_t kRaisedByInstructions = signal_bit(SIGSEGV) | signal_bit(SIGBUS) | signal_bit(SIGFPE) |
                                           signal_bit(SIGILL) | signal_bit(SIGTRAP) | signal_bit(SIGSYS);

// What a task may block while it makes calls for us: bygone's own code page ends with a trap, and what goes
// wrong on it must show.
constexpr uint64_t all_but_ours(uint64_t) {
  return ~(signal_bit(SIGTRAP) | signal_bit(SIGSEGV) | signal_bit(SIGBUS));
}

// While it lives, the stopped task blocks what `change` makes of the signals it blocks by itself.
class ScopedSignalMask {
 public:
  template <class Change>
  ScopedSignalMask(pid_t tid, Change&& change) : tid_(tid) {
    known_ = get_signal_mask(tid_, before_) == Outcome::done;
    if (const uint64_t mask = change(before_); mask != before_) set_signal_mask(tid_, mask);
  }
  ~ScopedSignalMask() {
    if (known_) set_signal_mask(tid_, before_);
  }
  ScopedSignalMask(const ScopedSignalMask&) = delete;
  ScopedSignalMask& operator=(const ScopedSignalMask&) = delete;

 private:
  pid_t tid_;
  uint64_t before_ = 0;
  bool known_ = false;
};

}  // namespace bygone
