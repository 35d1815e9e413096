#pragma once

#include <sys/time.h>

#include <csignal>

#include "store/limits.h"

namespace bygone {

// What a shell has set for the program that is recorded, and the recorder must not be stopped by: resource
// limits, an alarm that goes on over execve(2), what becomes of SIGXFSZ. Put aside while this lives.
class Inheritance {
 public:
  Inheritance();
  ~Inheritance();
  Inheritance(const Inheritance&) = delete;
  Inheritance& operator=(const Inheritance&) = delete;

  // To the calling process, a child of ours that becomes the program.
  void pass_on() const;

 private:
  Limits limits_;
  itimerval alarm_{};
  struct sigaction file_size_signal_ {};
};

}  // namespace bygone
