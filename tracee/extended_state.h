#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "tracee/ptrace.h"

namespace bygone {

// The XSAVE area of a stopped task (PTRACE_GETREGSET with NT_X86_XSTATE): x87, SSE, AVX and whatever else the
// processor saves, in the processor's standard (not compacted) layout. Empty when the task is gone.
Outcome get_extended_state(pid_t tid, std::vector<std::byte>& state);

// False if this processor or kernel does not take the state: it was recorded with features missing here.
bool set_extended_state(pid_t tid, std::span<const std::byte> state);

// As the processor begins: every page is open, whatever its protection key (pkeys(7)).
void open_all_keys(std::span<std::byte> state);

// The first byte in which two states differ; nothing if the registers are the same. Which components are in
// their initial state is not compared: the processor may say so or not (XSTATE_BV, SDM volume 1, 13.6). Nor
// is what is no register: the x87 unit's last operation, the mask for MXCSR.
std::optional<size_t> difference_of_extended_states(std::span<const std::byte> a,
                                                    std::span<const std::byte> b);

}  // namespace bygone
