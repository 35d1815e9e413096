#pragma once

#include "schema/memory_range.h"
#include "tracee/memory.h"

namespace bygone {

// Makes the functions of the vDSO mapped at `range` plain system calls, which can be recorded: programs that
// look for it in /proc/self/maps find it although they are not told of it.
void make_vdso_call(TraceeMemory& memory, MemoryRange range);

}  // namespace bygone
