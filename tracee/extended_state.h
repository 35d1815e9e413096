#pragma once

#include <sys/types.h>

#include <cstddef>
#include <span>
#include <vector>

#include "tracee/ptrace.h"

namespace bygone {

// The XSAVE area of a stopped task (PTRACE_GETREGSET with NT_X86_XSTATE): x87, SSE, AVX and whatever else the
// processor saves, in the processor's standard (not compacted) layout.
Outcome get_extended_state(pid_t tid, std::vector<std::byte>& state);

// False if this processor or kernel does not take the state: it was recorded with features missing here.
bool set_extended_state(pid_t tid, std::span<const std::byte> state);

}  // namespace bygone
