#pragma once

#include <sys/types.h>

#include <cstdint>

namespace bygone {

// Where a tracee's descriptor stands in its file (fdinfo, proc(5)), or -1.
int64_t file_position(pid_t tid, int fd);

}  // namespace bygone
