#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace bygone {

// What proc(5) says of a process and its relatives. Everything is 0, or empty, of one that is gone.
pid_t parent_of(pid_t pid);
uid_t user_of(pid_t pid);
// Children of all threads, zombies among them (CONFIG_PROC_CHILDREN).
std::vector<pid_t> children_of(pid_t pid);
// Signals N that the task blocks, as bits N - 1.
uint64_t signals_blocked_by(pid_t tid);

}  // namespace bygone
