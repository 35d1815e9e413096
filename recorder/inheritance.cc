#include "recorder/inheritance.h"

namespace bygone {

Inheritance::Inheritance() : limits_(raise_limits()) {
  const itimerval none{};
  setitimer(ITIMER_REAL, &none, &alarm_);
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGXFSZ, &ignore, &file_size_signal_);
}

Inheritance::~Inheritance() {
  pass_on();
}

void Inheritance::pass_on() const {
  sigaction(SIGXFSZ, &file_size_signal_, nullptr);
  setitimer(ITIMER_REAL, &alarm_, nullptr);
  set_limits(limits_);
}

}  // namespace bygone
