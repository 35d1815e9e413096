#pragma once

#include <sys/time.h>

#include <cstdint>

namespace bygone {

// Bounds a blocking wait: SIGALRM, whose handler must be set without SA_RESTART, interrupts it after `us`,
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
