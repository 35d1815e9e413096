#pragma once

#include <sys/types.h>

#include <cstddef>
#include <span>
#include <vector>

#include "schema/memory_range.h"

namespace bygone {

// /proc/PID/pagemap (Documentation/admin-guide/mm/pagemap.rst): what is behind each page of a process.
class Pagemap {
 public:
  explicit Pagemap(pid_t tid);
  ~Pagemap();
  Pagemap(const Pagemap&) = delete;
  Pagemap& operator=(const Pagemap&) = delete;

  // own: also one that is swapped out; guard: MADV_GUARD_INSTALL, which Linux tells of since 6.15.
  enum class Page : unsigned char { absent, own, of_file, guard };
  // The pages from `start` on; all `own`, to be on the safe side, where the kernel does not tell.
  const std::vector<Page>& look_up(Address start, size_t pages);

 private:
  int fd_;
  std::vector<uint64_t> entries_;
  std::vector<Page> pages_;
};

bool is_zero_page(std::span<const std::byte> page);

}  // namespace bygone
