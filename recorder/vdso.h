#pragma once

#include <cstddef>
#include <span>

#include "schema/memory_range.h"
#include "tracee/memory.h"

namespace bygone {

// Makes the functions of the vDSO mapped at `range` plain system calls, which can be recorded: programs that
// look for it in /proc/self/maps find it although they are not told of it. The calls lie behind its image,
// where they may stay: who was interrupted in one by a handler comes back there.
void make_vdso_call(TraceeMemory& memory, MemoryRange range);
// Gives the functions back: `bytes` are those the vDSO had before.
void restore_vdso(TraceeMemory& memory, MemoryRange range, std::span<const std::byte> bytes);

}  // namespace bygone
