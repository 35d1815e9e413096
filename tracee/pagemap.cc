#include "tracee/pagemap.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "tracee/pagemap_scan.h"

namespace bygone {

namespace {

constexpr uint64_t kPresent = uint64_t{1} << 63;
constexpr uint64_t kSwapped = uint64_t{1} << 62;
constexpr uint64_t kGuard = uint64_t{1} << 58;
constexpr uint64_t kOfFile = uint64_t{1} << 61;  // or shared anonymous memory

}  // namespace

Pagemap::Pagemap(pid_t tid) {
  char path[48];
  snprintf(path, sizeof path, "/proc/%d/pagemap", tid);
  fd_ = open(path, O_RDONLY | O_CLOEXEC);
}

Pagemap::~Pagemap() {
  if (fd_ >= 0) close(fd_);
}

const std::vector<Pagemap::Page>& Pagemap::look_up(Address start, size_t pages) {
  pages_.assign(pages, Page::own);
  entries_.assign(pages, 0);
  const size_t size = pages * sizeof(uint64_t);
  if (pread(fd_, entries_.data(), size, off_t(start.value / kPageSize * sizeof(uint64_t))) != ssize_t(size))
    return pages_;
  for (size_t i = 0; i < pages; ++i) {
    if ((entries_[i] & kGuard) != 0)
      pages_[i] = Page::guard;
    else if ((entries_[i] & (kPresent | kSwapped)) == 0 || is_marker(entries_[i]))
      pages_[i] = Page::absent;
    else if ((entries_[i] & kOfFile) != 0)
      pages_[i] = Page::of_file;
  }
  return pages_;
}

Address Pagemap::next_present(Address from, Address end) const {
  ScanRegion first{};
  ScanArguments scan;
  scan.start = from.value;
  scan.end = end.value;
  scan.regions = reinterpret_cast<uint64_t>(&first);
  scan.region_count = scan.max_pages = 1;
  scan.category_anyof_mask = scan.return_mask = kPageIsPresent | kPageIsSwapped;
  const int found = ioctl(fd_, kPagemapScan, &scan);
  if (found < 0) return from;
  return found == 0 ? end : Address{first.start};
}

Address Pagemap::first_present(const MemoryRange& range) {
  for (Address at = range.start; (at = next_present(at, range.end)) < range.end;) {
    const uint64_t count = std::min(kPagesAtOnce, (range.end - at) / kPageSize);
    const auto& found = look_up(at, count);
    const auto there =
        std::find_if(found.begin(), found.end(), [](Page page) { return page != Page::absent; });
    at = at + uint64_t(there - found.begin()) * kPageSize;
    if (there != found.end()) return at;
  }
  return range.end;
}

bool is_zero_page(std::span<const std::byte> page) {
  uint64_t words[8];
  for (size_t at = 0; at < kPageSize; at += sizeof words) {
    std::memcpy(words, page.data() + at, sizeof words);
    if ((words[0] | words[1] | words[2] | words[3] | words[4] | words[5] | words[6] | words[7]) != 0)
      return false;
  }
  return true;
}

}  // namespace bygone
