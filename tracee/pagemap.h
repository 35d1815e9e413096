#pragma once

#include <sys/types.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "schema/error.h"
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
  static constexpr bool is_there(Page page) { return page == Page::own || page == Page::of_file; }
  // The pages from `start` on; all `own`, to be on the safe side, where the kernel does not tell.
  const std::vector<Page>& look_up(Address start, size_t pages);

  // The first page from `from` on, before `end`, that may be anything but absent; `end` where there is none.
  // Takes no longer for a terabyte without memory than for a page; where the kernel lacks PAGEMAP_SCAN it is
  // `from`.
  Address next_present(Address from, Address end) const;

  // The first page of the range that is not absent; its end where there is none.
  Address first_present(const MemoryRange& range);

  // Calls visit(address, page) for the pages of the range, but for most that are absent; ends with its first
  // error.
  template <class Visit>
  Expected<void> for_each(const MemoryRange& range, Visit&& visit) {
    for (Address at = range.start; (at = next_present(at, range.end)) < range.end;) {
      const uint64_t count = std::min(kPagesAtOnce, (range.end - at) / kPageSize);
      const auto& found = look_up(at, count);
      for (uint64_t i = 0; i < count; ++i) BYGONE_TRY(visit(at + i * kPageSize, found[i]));
      at = at + count * kPageSize;
    }
    return {};
  }

 private:
  static constexpr uint64_t kPagesAtOnce = 512;

  int fd_;
  std::vector<uint64_t> entries_;
  std::vector<Page> pages_;
};

// Nothing is there although the entry says that the page is swapped out: a marker, of write protection by
// userfaultfd(2) and the like (SWP_PTE_MARKER, include/linux/swapops.h). Touching it would ask the program.
// Only who has CAP_SYS_ADMIN is told the type.
constexpr bool is_marker(uint64_t pagemap_entry) {
  constexpr uint64_t kPresentOrSwapped = 3, kSwappedOnly = 1, kSwapTypes = 0x1f, kMarkerType = 31;
  return (pagemap_entry >> 62 & kPresentOrSwapped) == kSwappedOnly &&
         (pagemap_entry & kSwapTypes) == kMarkerType;
}

bool is_zero_page(std::span<const std::byte> page);

}  // namespace bygone
