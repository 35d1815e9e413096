#pragma once

#include <cstdint>

#include "schema/registers.h"

namespace bygone {

// The kernel's own results of a call that a signal has interrupted (include/linux/errno.h). Tracers see them;
// programs do where a supervisor (seccomp_unotify(2)) or a tracer makes them up, and no signal is there.
inline constexpr int64_t kRestartSys = -512;
inline constexpr int64_t kRestartNoIntr = -513;
inline constexpr int64_t kRestartNoHand = -514;
inline constexpr int64_t kRestartBlock = -516;  // goes on as restart_syscall(2)

constexpr bool is_restart(int64_t result) {
  return result == kRestartSys || result == kRestartNoIntr || result == kRestartNoHand ||
         result == kRestartBlock;
}

// -errno, as the kernel returns it (MAX_ERRNO, include/linux/err.h).
constexpr bool is_error(int64_t result) {
  return result < 0 && result >= -4095;
}

inline bool restarts_call(const Registers& registers) {
  return is_restart(int64_t(registers[Register::rax])) && int64_t(registers[Register::orig_rax]) >= 0;
}

// What arch_do_signal_or_restart() (arch/x86/kernel/signal.c) does to a call that was interrupted, unless a
// handler is entered: sends the task back to the call's instruction. Leaves orig_rax. False, with nothing
// done, where there is no such call.
inline bool restart_call(Registers& registers) {
  constexpr uint64_t kRestartSyscall = 219;  // restart_syscall(2)
  const int64_t result = int64_t(registers[Register::rax]);
  if (!restarts_call(registers)) return false;
  registers[Register::rax] = result == kRestartBlock ? kRestartSyscall : registers[Register::orig_rax];
  registers[Register::rip] -= 2;
  return true;
}

}  // namespace bygone
