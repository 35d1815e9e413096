#include "tracee/extended_state.h"

#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <tuple>
#include <utility>

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

void open_all_keys(std::span<std::byte> state) {
  // A component that XSTATE_BV does not name is in its initial state (SDM volume 1, 13.6).
  constexpr size_t kXstateBv = 512;
  constexpr uint64_t kPkru = 1 << 9;
  if (state.size() < kXstateBv + sizeof(uint64_t)) return;
  uint64_t components = 0;
  std::memcpy(&components, &state[kXstateBv], sizeof components);
  components &= ~kPkru;
  std::memcpy(&state[kXstateBv], &components, sizeof components);
}

std::optional<size_t> difference_of_extended_states(std::span<const std::byte> a,
                                                    std::span<const std::byte> b) {
  static constexpr std::pair<size_t, size_t> kNotCompared[] = {
      {6, 24},     // the last x87 operation and its addresses: not every processor keeps them
      {28, 32},    // MXCSR_MASK
      {464, 512},  // for software
      {512, 520},  // XSTATE_BV
  };
  if (a.size() != b.size()) return std::min(a.size(), b.size());
  const auto compared = [](size_t at) {
    return std::none_of(std::begin(kNotCompared), std::end(kNotCompared),
                        [&](const auto& range) { return at >= range.first && at < range.second; });
  };
  for (auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin()); x != a.end();
       std::tie(x, y) = std::mismatch(x + 1, a.end(), y + 1)) {
    const size_t at = size_t(x - a.begin());
    if (compared(at)) return at;
  }
  return std::nullopt;
}

}  // namespace bygone
