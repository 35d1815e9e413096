#pragma once

#include <sys/types.h>

#include <string>

namespace bygone {

// Whether execve(2) of this path, as task `tid` sees it, would load a 32-bit program, itself or as the
// interpreter of a script. False where that cannot be told.
bool is_32_bit_program(pid_t tid, const std::string& path);

}  // namespace bygone
