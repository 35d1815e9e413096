#pragma once

#include <sys/types.h>

#include <cstdint>

namespace bygone {

// RLIMIT_STACK of a process, its soft limit: how far its stack may grow. 0 if it is gone.
uint64_t stack_limit_of(pid_t pid);
// As far as the hard limit allows.
void set_stack_limit(pid_t pid, uint64_t limit_bytes);

}  // namespace bygone
