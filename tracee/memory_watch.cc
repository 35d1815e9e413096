#include "tracee/memory_watch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace bygone {
namespace {

constexpr uint64_t kJoinBytes = 16;
constexpr size_t kPagesPerRead = 64;

// Whether each page of a range is in memory or swapped out (bits 63 and 62 of its entry in
// /proc/PID/pagemap). A page that cannot be asked about counts as present: reading it decides.
std::vector<bool> present_pages(pid_t pid, const MemoryRange& range) {
  const size_t pages = range.size_bytes() / kPageSize;
  std::vector<bool> present(pages, true);
  const int fd = open(fmt::format("/proc/{}/pagemap", pid).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return present;
  std::vector<uint64_t> entries(std::min<size_t>(pages, 8192));
  for (size_t done = 0; done < pages;) {
    const size_t wanted = std::min(entries.size(), pages - done);
    const ssize_t got = pread64(fd, entries.data(), wanted * sizeof(uint64_t),
                                off64_t((range.start.value / kPageSize + done) * sizeof(uint64_t)));
    if (got < ssize_t(sizeof(uint64_t))) break;
    const size_t count = size_t(got) / sizeof(uint64_t);
    for (size_t i = 0; i < count; ++i) present[done + i] = (entries[i] >> 62) != 0;
    done += count;
  }
  close(fd);
  return present;
}

// Appends a range, joined with the last one where only a small gap lies between.
void append_joined(const MemoryRange& range, std::vector<MemoryRange>& ranges, size_t first) {
  if (ranges.size() > first && range.start.value <= ranges.back().end.value + kJoinBytes)
    ranges.back().end = range.end;
  else
    ranges.push_back(range);
}

void append_differences(Address at, std::span<const std::byte> before, std::span<const std::byte> now,
                        std::vector<MemoryRange>& changed, size_t first) {
  constexpr size_t kStep = 64;
  for (size_t block = 0; block < before.size(); block += kStep) {
    if (std::memcmp(before.data() + block, now.data() + block, kStep) == 0) continue;
    for (size_t i = block; i < block + kStep; ++i)
      if (before[i] != now[i]) append_joined(range_of(at + i, 1), changed, first);
  }
}

// Calls back with each run of equal neighbours, at most kPagesPerRead long: first page, pages, whether
// present.
template <class Visit>
void for_each_run(const std::vector<bool>& present, Visit&& visit) {
  for (size_t i = 0; i < present.size();) {
    size_t end = i + 1;
    while (end < present.size() && end - i < kPagesPerRead && present[end] == present[i]) ++end;
    visit(i, end - i, present[i]);
    i = end;
  }
}

}  // namespace

void MemorySnapshot::append_changes(pid_t pid, MemoryReader& memory,
                                    std::vector<MemoryRange>& changed) const {
  const size_t first = changed.size();
  const std::vector<bool> present_now = present_pages(pid, range_);
  std::vector<std::byte> now(kPagesPerRead * kPageSize);
  size_t copied = 0;
  for_each_run(present_, [&](size_t page, size_t pages, bool was_present) {
    const Address at = range_.start + page * kPageSize;
    if (!was_present) {
      for (size_t i = 0; i < pages; ++i)
        if (present_now[page + i]) append_joined(range_of(at + i * kPageSize, kPageSize), changed, first);
      return;
    }
    const std::span<const std::byte> before = std::span(bytes_).subspan(copied, pages * kPageSize);
    copied += before.size();
    if (memory.read(at, std::span(now).first(before.size()))) {
      append_differences(at, before, now, changed, first);
      return;
    }
    for (size_t i = 0; i < pages; ++i) {
      const std::span<std::byte> one = std::span(now).first(kPageSize);
      if (memory.read(at + i * kPageSize, one))
        append_differences(at + i * kPageSize, before.subspan(i * kPageSize, kPageSize), one, changed, first);
    }
  });
}

MemoryWatch::MemoryWatch(pid_t pid, WriteTracker* tracker)
    : pid_(pid), tracker_(tracker), memory_(std::make_unique<TraceeMemory>(pid)) {}

MemoryWatch::MemoryWatch(MemoryWatch&& other) noexcept
    : pid_(other.pid_),
      tracker_(std::exchange(other.tracker_, nullptr)),
      memory_(std::move(other.memory_)),
      tracked_(std::exchange(other.tracked_, {})),
      snapshots_(std::move(other.snapshots_)),
      copied_bytes_(other.copied_bytes_) {}

MemoryWatch::~MemoryWatch() {
  if (tracker_ == nullptr) return;
  for (const MemoryRange& range : tracked_) tracker_->forget(range);
}

Expected<MemoryWatch> MemoryWatch::begin(pid_t pid, std::span<const MemoryRange> ranges,
                                         WriteTracker* tracker, uint64_t limit_bytes) {
  MemoryWatch watch(pid, tracker);
  for (const MemoryRange& range : ranges) {
    if (range.empty()) continue;
    if (tracker != nullptr && tracker->watch(range))
      watch.tracked_.push_back(range);
    else
      BYGONE_TRY(watch.copy(range, limit_bytes));
  }
  return watch;
}

Expected<void> MemoryWatch::copy(const MemoryRange& range, uint64_t limit_bytes) {
  std::vector<bool> present = present_pages(pid_, range);
  const uint64_t wanted_bytes = uint64_t(std::count(present.begin(), present.end(), true)) * kPageSize;
  if (wanted_bytes > limit_bytes - std::min(limit_bytes, copied_bytes_))
    return fail(
        ErrorKind::unavailable, fmt::format("process {}", pid_),
        fmt::format("its writable memory exceeds the {} MiB that may be copied to find what a call changed",
                    limit_bytes >> 20),
        "use Linux 6.7 or newer, where the kernel finds it");
  std::vector<std::byte> bytes(wanted_bytes);
  size_t copied = 0;
  for_each_run(present, [&](size_t page, size_t pages, bool is_present) {
    if (!is_present) return;
    for (size_t i = 0; i < pages; ++i, copied += kPageSize) {
      // What cannot be read (a page of a device) stays zero here and will not be readable later either.
      const Address at = range.start + (page + i) * kPageSize;
      if (i == 0 && memory_->read(at, std::span(bytes).subspan(copied, pages * kPageSize))) {
        copied += pages * kPageSize;
        return;
      }
      memory_->read(at, std::span(bytes).subspan(copied, kPageSize));
    }
  });
  if (kill(pid_, 0) != 0 && errno == ESRCH)
    return fail(ErrorKind::not_found, fmt::format("process {}", pid_), "it is gone");
  copied_bytes_ += wanted_bytes;
  snapshots_.emplace_back(range, std::move(present), std::move(bytes));
  return {};
}

std::vector<MemoryRange> MemoryWatch::changed() {
  std::vector<MemoryRange> changed;
  for (const MemoryRange& range : tracked_) tracker_->written_pages(range, changed);
  for (const MemorySnapshot& snapshot : snapshots_) snapshot.append_changes(pid_, *memory_, changed);
  std::sort(changed.begin(), changed.end(), [](const auto& a, const auto& b) { return a.start < b.start; });
  return changed;
}

}  // namespace bygone
