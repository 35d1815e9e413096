#include "tracee/breakpoint.h"

#include <sys/ptrace.h>
#include <sys/user.h>

#include <cstddef>

namespace bygone {

namespace {

// Debug register 7: bit 0 enables breakpoint 0 locally; its type and length bits (16..19) are 0 for
// execution.
constexpr uint64_t kEnableFirst = 1;

bool poke(pid_t tid, size_t index, uint64_t value) {
  return ptrace(PTRACE_POKEUSER, tid, offsetof(user, u_debugreg) + index * sizeof(uint64_t), value) == 0;
}

}  // namespace

bool set_breakpoint(pid_t tid, Address at) {
  return poke(tid, 7, 0) && poke(tid, 0, at.value) && poke(tid, 7, kEnableFirst);
}

void clear_breakpoint(pid_t tid) {
  poke(tid, 7, 0);
}

bool at_breakpoint(pid_t tid) {
  siginfo_t info;
  return get_siginfo(tid, info) == Outcome::done && info.si_signo == SIGTRAP && info.si_code == TRAP_HWBKPT;
}

}  // namespace bygone
