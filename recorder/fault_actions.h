#pragma once

#include <csignal>
#include <cstdint>

namespace bygone {

// struct sigaction as rt_sigaction(2) takes it (include/linux/signal_types.h).
struct KernelAction {
  uint64_t handler = 0;  // 0: SIG_DFL, 1: SIG_IGN
  uint64_t flags = 0;
  uint64_t restorer = 0;
  uint64_t mask = 0;
};

// What a process does about the signals by which the recorder hears of timestamps that are read. Where such a
// signal is blocked or ignored when it is raised, the kernel takes that away (force_sig_info_to_task(),
// kernel/signal.c), which the program is not to notice.
class FaultActions {
 public:
  // Null for other signals.
  KernelAction* find(int signal) {
    return signal == SIGSEGV ? &on_segv_ : signal == SIGILL ? &on_ill_ : nullptr;
  }
  // As execve(2) leaves them.
  void forget_handlers() {
    for (KernelAction* action : {&on_segv_, &on_ill_})
      *action = {.handler = action->handler == kIgnore ? kIgnore : 0};
  }

  static constexpr int kSignals[] = {SIGSEGV, SIGILL};
  static constexpr uint64_t kIgnore = 1;

 private:
  KernelAction on_segv_, on_ill_;
};

}  // namespace bygone
