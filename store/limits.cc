#include "store/limits.h"

#include <algorithm>

namespace bygone {

Limits raise_limits() {
  constexpr rlim_t kDescriptors = 1 << 16;  // more than fs.nr_open may be refused
  Limits before{};
  for (size_t i = 0; i < kRaisedLimits.size(); ++i) {
    getrlimit(kRaisedLimits[i], &before[i]);
    const rlim_t wanted =
        kRaisedLimits[i] == RLIMIT_NOFILE ? std::max(kDescriptors, before[i].rlim_max) : RLIM_INFINITY;
    const rlimit unlimited{wanted, wanted};
    if (setrlimit(kRaisedLimits[i], &unlimited) == 0) continue;
    const rlimit own{before[i].rlim_max, before[i].rlim_max};  // without CAP_SYS_RESOURCE
    setrlimit(kRaisedLimits[i], &own);
  }
  return before;
}

void set_limits(const Limits& limits) {
  for (size_t i = 0; i < kRaisedLimits.size(); ++i) setrlimit(kRaisedLimits[i], &limits[i]);
}

}  // namespace bygone
