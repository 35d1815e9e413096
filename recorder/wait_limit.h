#pragma once

#include <sys/time.h>

#include <csignal>
#include <cstdint>

namespace bygone {

// From now on SIGALRM ends waits, and nothing else.
inline void let_alarms_interrupt() {
  struct sigaction interrupt {};  // without SA_RESTART
  interrupt.sa_handler = [](int) {};
  sigaction(SIGALRM, &interrupt, nullptr);
}

// Bounds a blocking wait, once let_alarms_interrupt() was called: SIGALRM interrupts it after `us`,
// and again, since the first may come before the wait has begun.
class WaitLimit {
 public:
  explicit WaitLimit(int64_t us) { set(us); }
  ~WaitLimit() { set(0); }
  WaitLimit(const WaitLimit&) = delete;
  WaitLimit& operator=(const WaitLimit&) = delete;

 private:
  static void set(int64_t us) {
    const itimerval value{{0, us}, {0, us}};
    setitimer(ITIMER_REAL, &value, nullptr);
  }
};

}  // namespace bygone
