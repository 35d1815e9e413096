#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schema/registers.h"
#include "tracee/memory.h"

namespace bygone {

// A path that a task hands to a system call.
struct GivenPath {
  uint32_t argument = 0;           // of the call, from 0
  std::optional<int64_t> flags{};  // O_* of open(2) and its like
  std::string path;                // absolute, as far as the task's directories can be told; not normalised
};

// The paths given to a call that opens, executes, makes, removes or renames files or changes their length;
// nothing for other calls, for empty paths and for those that cannot be read. `registers` as at the entry of
// the call, before which `tid` stands. A relative path is shown below the working directory or below the
// descriptor that the call names, as /proc/TID/cwd and /proc/TID/fd tell (proc(5)).
std::vector<GivenPath> given_paths(pid_t tid, TraceeMemory& memory, const Registers& registers);

}  // namespace bygone
