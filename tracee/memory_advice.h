#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "schema/rows.h"
#include "tracee/address_space.h"

namespace bygone {

// Advice of madvise(2) that changes what memory holds or what a child gets of it; the rest only concerns
// speed.
bool changes_memory(uint64_t advice);
// Of that, what empties private memory at once.
bool empties_pages(uint64_t advice);
// The same, sooner or later (MADV_FREE), and shared memory (MADV_REMOVE).
bool empties(uint64_t advice);
// Advice that goes on having effect: MADV_DONTFORK, MADV_WIPEONFORK, MADV_GUARD_INSTALL.
bool lasts(uint64_t advice);

// The advice that holds now, as the kernel tells it: VmFlags of /proc/PID/smaps (proc_pid_smaps(5)), and the
// guard regions of /proc/PID/pagemap.
std::vector<SnapshotAdvice> read_advice(pid_t tid, EventNumber event, const AddressSpace& space);

}  // namespace bygone
