#include "tracee/stack_limit.h"

#include <sys/resource.h>

#include <algorithm>

namespace bygone {

uint64_t stack_limit_of(pid_t pid) {
  rlimit limit{};
  return prlimit(pid, RLIMIT_STACK, nullptr, &limit) == 0 ? limit.rlim_cur : 0;
}

void set_stack_limit(pid_t pid, uint64_t limit_bytes) {
  rlimit limit{};
  if (prlimit(pid, RLIMIT_STACK, nullptr, &limit) != 0) return;
  limit.rlim_cur = std::min<rlim_t>(limit_bytes, limit.rlim_max);
  prlimit(pid, RLIMIT_STACK, &limit, nullptr);
}

}  // namespace bygone
