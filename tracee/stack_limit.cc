#include "tracee/stack_limit.h"

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tracee/proc_text.h"

namespace bygone {

// Read, not asked for by prlimit(2): that wants CAP_SYS_RESOURCE where the process runs as somebody else.
uint64_t stack_limit_of(pid_t pid) {
  char path[32];
  snprintf(path, sizeof path, "/proc/%d/limits", pid);
  char text[4096];
  if (read_proc_text(path, text) == 0) return 0;
  constexpr char kTitle[] = "Max stack size";
  const char* const line = std::strstr(text, kTitle);
  if (line == nullptr) return 0;
  const char* const value = line + sizeof kTitle - 1 + std::strspn(line + sizeof kTitle - 1, " ");
  return *value == 'u' ? RLIM_INFINITY : std::strtoull(value, nullptr, 10);
}

void set_stack_limit(pid_t pid, uint64_t limit_bytes) {
  rlimit limit{};
  if (prlimit(pid, RLIMIT_STACK, nullptr, &limit) != 0) return;
  limit.rlim_cur = std::min<rlim_t>(limit_bytes, limit.rlim_max);
  prlimit(pid, RLIMIT_STACK, &limit, nullptr);
}

}  // namespace bygone
