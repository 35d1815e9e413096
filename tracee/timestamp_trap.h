#pragma once

namespace bygone {

// Whether this machine honours prctl(2), PR_SET_TSC, so that rdtsc traps in whatever code it is. A hypervisor
// that runs its guests' kernels without hardware support may let it through. Found out once, in a child.
bool processor_traps_timestamps();

}  // namespace bygone
