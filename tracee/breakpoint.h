#pragma once

#include <sys/types.h>

#include "schema/ids.h"
#include "tracee/ptrace.h"

namespace bygone {

// A hardware breakpoint (debug register 0) on an instruction of a stopped task: it is reported as SIGTRAP
// with TRAP_HWBKPT before the instruction runs, every time. The program's own memory stays as it is.
bool set_breakpoint(pid_t tid, Address at);
void clear_breakpoint(pid_t tid);

// Is the task stopped at its breakpoint? To be asked at a SIGTRAP signal-delivery-stop.
bool at_breakpoint(pid_t tid);

// The flags register without RF, which the processor sets around breakpoints and faults for its own use.
constexpr uint64_t kResumeFlag = 1 << 16;

}  // namespace bygone
