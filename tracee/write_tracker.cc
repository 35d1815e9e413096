#include "tracee/write_tracker.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "tracee/pagemap_scan.h"

namespace bygone {
namespace {

// Newer than the headers of Debian 12.
constexpr uint64_t kFeatureWpHugetlbfsShmem = uint64_t{1} << 12;
constexpr uint64_t kFeatureWpUnpopulated = uint64_t{1} << 13;
constexpr uint64_t kFeatureWpAsync = uint64_t{1} << 15;

constexpr size_t kRegionsPerScan = 256;

Error unavailable(pid_t pid, const std::string& cause) {
  return {ErrorKind::unavailable, fmt::format("process {}", pid), cause,
          "writes are found by comparing memory instead, which takes longer"};
}

int take_over(pid_t pid, int64_t descriptor) {
  const int process = int(syscall(SYS_pidfd_open, pid, 0));
  if (process < 0) return -1;
  const int taken = int(syscall(SYS_pidfd_getfd, process, descriptor, 0));
  const int error = errno;
  close(process);
  errno = error;
  return taken;
}

}  // namespace

Expected<WriteTracker> WriteTracker::open(pid_t pid, const RemoteCaller& call) {
  // User mode only is what everybody may have, and asynchronous protection never asks user space anything
  // anyway.
  constexpr uint64_t kFlags = UFFD_USER_MODE_ONLY | O_CLOEXEC | O_NONBLOCK;
  BYGONE_ASSIGN(const int64_t descriptor, call(SYS_userfaultfd, {kFlags}));
  if (descriptor < 0)
    return tl::unexpected(unavailable(pid, fmt::format("userfaultfd: {}", strerror(int(-descriptor)))));
  const int fault_fd = take_over(pid, descriptor);
  const int take_over_error = errno;
  BYGONE_TRY(call(SYS_close, {uint64_t(descriptor)}));
  if (fault_fd < 0)
    return tl::unexpected(unavailable(pid, fmt::format("pidfd_getfd: {}", strerror(take_over_error))));

  WriteTracker tracker(fault_fd, ::open(fmt::format("/proc/{}/pagemap", pid).c_str(), O_RDONLY | O_CLOEXEC));
  if (tracker.pagemap_fd_ < 0)
    return tl::unexpected(unavailable(pid, fmt::format("pagemap: {}", strerror(errno))));
  uffdio_api api{};
  api.api = UFFD_API;
  api.features = kFeatureWpAsync | kFeatureWpUnpopulated | kFeatureWpHugetlbfsShmem;
  if (ioctl(fault_fd, UFFDIO_API, &api) != 0)
    return tl::unexpected(
        unavailable(pid, fmt::format("asynchronous write protection: {}", strerror(errno))));
  return tracker;
}

WriteTracker::WriteTracker(WriteTracker&& other) noexcept
    : fault_fd_(std::exchange(other.fault_fd_, -1)), pagemap_fd_(std::exchange(other.pagemap_fd_, -1)) {}

WriteTracker& WriteTracker::operator=(WriteTracker&& other) noexcept {
  if (this == &other) return *this;
  close_all();
  fault_fd_ = std::exchange(other.fault_fd_, -1);
  pagemap_fd_ = std::exchange(other.pagemap_fd_, -1);
  return *this;
}

WriteTracker::~WriteTracker() {
  close_all();
}

void WriteTracker::close_all() {
  if (fault_fd_ >= 0) close(fault_fd_);
  if (pagemap_fd_ >= 0) close(pagemap_fd_);
}

bool WriteTracker::watch(const MemoryRange& range) {
  uffdio_register request{};
  request.range = {range.start.value, range.size_bytes()};
  request.mode = UFFDIO_REGISTER_MODE_WP;
  if (ioctl(fault_fd_, UFFDIO_REGISTER, &request) != 0) return false;
  // Every page that counts as written is protected, and no longer counts. So would pages that are not there,
  // at the price of a page table for each; they are left alone, and count as soon as they appear.
  ScanArguments scan;
  scan.flags = kWriteProtectMatching | kCheckWriteProtect;
  scan.start = range.start.value;
  scan.end = range.end.value;
  scan.category_mask = kPageIsWritten;
  scan.category_anyof_mask = kPageIsPresent | kPageIsSwapped;
  if (ioctl(pagemap_fd_, kPagemapScan, &scan) >= 0 && scan.walk_end == range.end.value) return true;
  forget(range);
  return false;
}

void WriteTracker::forget(const MemoryRange& range) {
  uffdio_range request = {range.start.value, range.size_bytes()};
  ioctl(fault_fd_, UFFDIO_UNREGISTER, &request);
}

bool WriteTracker::written_pages(const MemoryRange& range, std::vector<MemoryRange>& pages) const {
  std::array<ScanRegion, kRegionsPerScan> regions;
  for (uint64_t at = range.start.value; at < range.end.value;) {
    ScanArguments scan;
    scan.start = at;
    scan.end = range.end.value;
    scan.regions = uint64_t(regions.data());
    scan.region_count = regions.size();
    scan.category_mask = kPageIsWritten;
    scan.category_anyof_mask = kPageIsPresent | kPageIsSwapped;
    scan.return_mask = kPageIsWritten;
    const int found = ioctl(pagemap_fd_, kPagemapScan, &scan);
    if (found < 0 || scan.walk_end <= at) return false;
    for (int i = 0; i < found; ++i)
      pages.push_back({Address{regions[size_t(i)].start}, Address{regions[size_t(i)].end}});
    at = scan.walk_end;
  }
  return true;
}

}  // namespace bygone
