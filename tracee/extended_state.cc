#include "tracee/extended_state.h"

#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#include <algorithm>

namespace bygone {

Outcome get_extended_state(pid_t tid, std::vector<std::byte>& state) {
  state.resize(16384);  // AMX, the largest component so far, ends below 11 KiB
  iovec area{state.data(), state.size()};
  if (ptrace(PTRACE_GETREGSET, tid, NT_X86_XSTATE, &area) != 0) {
    state.clear();
    return Outcome::gone;
  }
  state.resize(area.iov_len);
  return Outcome::done;
}

bool set_extended_state(pid_t tid, std::span<const std::byte> state) {
  iovec area{const_cast<std::byte*>(state.data()), state.size()};
  return ptrace(PTRACE_SETREGSET, tid, NT_X86_XSTATE, &area) == 0;
}

std::optional<size_t> difference_of_extended_states(std::span<const std::byte> a,
                                                    std::span<const std::byte> b) {
  constexpr size_t kInUse = 512, kInUseEnd = 520;
  if (a.size() != b.size()) return std::min(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i)
    if (a[i] != b[i] && (i < kInUse || i >= kInUseEnd)) return i;
  return std::nullopt;
}

}  // namespace bygone
