#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include "schema/kernel_mapping.h"

namespace bygone {

// Opens the file behind a mapping for reading, with a position of its own: -1 where there is no way to it, or
// it is neither a regular file nor /dev/zero. `mapping` is as the kernel lists it for `tid`. The ways, in
// this order: the kernel's own link to it (/proc/PID/map_files, proc(5), which takes CAP_CHECKPOINT_RESTORE);
// its path as the process sees it; the program the process runs, which may be deleted; a descriptor the
// process or this one has for it.
int open_mapped_file(pid_t tid, const KernelMapping& mapping);

// Of an open file or a path.
bool is_dev_zero(const struct stat& st);

}  // namespace bygone
