#pragma once

#include <sys/ioctl.h>

#include <cstdint>

namespace bygone {

// ioctl(2) PAGEMAP_SCAN on /proc/PID/pagemap (Linux 6.7, include/uapi/linux/fs.h), newer than the headers of
// Debian 12. It finds pages by category and passes over what has no page table.
struct ScanRegion {
  uint64_t start, end, categories;
};
struct ScanArguments {
  uint64_t size = sizeof(ScanArguments);
  uint64_t flags = 0;
  uint64_t start = 0, end = 0, walk_end = 0;
  uint64_t regions = 0, region_count = 0, max_pages = 0;
  uint64_t category_inverted = 0, category_mask = 0, category_anyof_mask = 0, return_mask = 0;
};
static_assert(sizeof(ScanArguments) == 96);
constexpr unsigned long kPagemapScan = _IOWR('f', 16, ScanArguments);
constexpr uint64_t kWriteProtectMatching = 1, kCheckWriteProtect = 2;
constexpr uint64_t kPageIsWritten = 2, kPageIsPresent = 8, kPageIsSwapped = 16;

}  // namespace bygone
