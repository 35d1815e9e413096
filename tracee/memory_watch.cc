#include "tracee/memory_watch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "tracee/pagemap.h"
#include "tracee/proc_maps.h"

namespace bygone {
namespace {

constexpr uint64_t kJoinBytes = 16;
constexpr size_t kPagesPerRead = 64;
// The page table is read entry by entry: 128 MiB of entries.
constexpr uint64_t kMaxRangeBytes = uint64_t{1} << 36;

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
    for (size_t i = 0; i < count; ++i) present[done + i] = (entries[i] >> 62) != 0 && !is_marker(entries[i]);
    done += count;
  }
  close(fd);
  return present;
}

// Appends a range, joined with the last one where only a gap of that size lies between.
void append_joined(const MemoryRange& range, uint64_t gap_bytes, std::vector<MemoryRange>& ranges,
                   size_t first) {
  if (ranges.size() > first && range.start.value <= ranges.back().end.value + gap_bytes)
    ranges.back().end = range.end;
  else
    ranges.push_back(range);
}

void append_differences(Address at, std::span<const std::byte> before, std::span<const std::byte> now,
                        uint64_t gap_bytes, std::vector<MemoryRange>& changed, size_t first) {
  constexpr size_t kStep = 64;
  for (size_t block = 0; block < before.size(); block += kStep) {
    if (std::memcmp(before.data() + block, now.data() + block, kStep) == 0) continue;
    for (size_t i = block; i < block + kStep; ++i)
      if (before[i] != now[i]) append_joined(range_of(at + i, 1), gap_bytes, changed, first);
  }
}

// Calls back with each run of equal neighbours, at most kPagesPerRead long: first page, pages, state.
template <class Visit>
void for_each_run(const std::vector<PageBefore>& pages, Visit&& visit) {
  for (size_t i = 0; i < pages.size();) {
    size_t end = i + 1;
    while (end < pages.size() && end - i < kPagesPerRead && pages[end] == pages[i]) ++end;
    visit(i, end - i, pages[i]);
    i = end;
  }
}

std::vector<MemoryRange> private_anonymous(pid_t pid) {
  std::vector<MemoryRange> ranges;
  const auto maps = read_maps(pid);
  if (!maps) return ranges;
  for (const KernelMapping& mapping : *maps)
    if (mapping.inode == 0 && !mapping.prot.shared) ranges.push_back(mapping.range);
  return ranges;
}

constexpr std::array<std::byte, kPageSize> kZeroBytes{};

}  // namespace

void MemorySnapshot::append_changes(pid_t pid, MemoryReader& memory, ChangeDetail detail,
                                    std::vector<MemoryRange>& changed) const {
  const uint64_t gap_bytes = detail == ChangeDetail::exact ? 0 : kJoinBytes;
  const size_t first = changed.size();
  const std::vector<bool> present_now = present_pages(pid, range_);
  std::vector<std::byte> now(kPagesPerRead * kPageSize);
  size_t copied = 0;
  const auto compare = [&](size_t page, std::span<const std::byte> before) {
    const Address at = range_.start + page * kPageSize;
    if (!memory.read(at, std::span(now).first(before.size()))) return false;
    append_differences(at, before, now, gap_bytes, changed, first);
    return true;
  };
  for_each_run(pages_, [&](size_t page, size_t pages, PageBefore state) {
    const std::span<const std::byte> run = state == PageBefore::copied
                                               ? std::span(bytes_).subspan(copied, pages * kPageSize)
                                               : std::span<const std::byte>();
    copied += run.size();
    if (!run.empty() && compare(page, run)) return;
    for (size_t i = 0; i < pages; ++i) {
      if (state == PageBefore::copied)
        compare(page + i, run.subspan(i * kPageSize, kPageSize));
      else if (present_now[page + i] && state == PageBefore::zero)
        compare(page + i, kZeroBytes);
      else if (present_now[page + i] && detail != ChangeDetail::certain)
        append_joined(range_of(range_.start + (page + i) * kPageSize, kPageSize), gap_bytes, changed, first);
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
      anonymous_(std::move(other.anonymous_)),
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

std::vector<PageBefore> MemoryWatch::classify(const MemoryRange& range) {
  const std::vector<bool> present = present_pages(pid_, range);
  std::vector<PageBefore> pages(present.size(), PageBefore::copied);
  size_t next = 0;
  for (size_t i = 0; i < pages.size(); ++i) {
    if (present[i]) continue;
    if (!anonymous_) anonymous_ = private_anonymous(pid_);
    const Address at = range.start + i * kPageSize;
    while (next < anonymous_->size() && (*anonymous_)[next].end <= at) ++next;
    const bool is_anonymous = next < anonymous_->size() && (*anonymous_)[next].contains(at);
    pages[i] = is_anonymous ? PageBefore::zero : PageBefore::unknown;
  }
  return pages;
}

Expected<void> MemoryWatch::copy(const MemoryRange& range, uint64_t limit_bytes) {
  if (range.size_bytes() > kMaxRangeBytes)
    return fail(
        ErrorKind::unavailable, fmt::format("process {}", pid_),
        fmt::format("it reserves {} GiB in one piece, too much to look through", range.size_bytes() >> 30),
        "use Linux 6.7 or newer, where the kernel finds what a call changed");
  std::vector<PageBefore> states = classify(range);
  const uint64_t wanted_bytes =
      uint64_t(std::count(states.begin(), states.end(), PageBefore::copied)) * kPageSize;
  if (wanted_bytes > limit_bytes - std::min(limit_bytes, copied_bytes_))
    return fail(
        ErrorKind::unavailable, fmt::format("process {}", pid_),
        fmt::format("its writable memory exceeds the {} MiB that may be copied to find what a call changed",
                    limit_bytes >> 20),
        "use Linux 6.7 or newer, where the kernel finds it");
  std::vector<std::byte> bytes(wanted_bytes);
  size_t copied = 0;
  for_each_run(states, [&](size_t page, size_t pages, PageBefore state) {
    if (state != PageBefore::copied) return;
    const Address at = range.start + page * kPageSize;
    const std::span<std::byte> run = std::span(bytes).subspan(copied, pages * kPageSize);
    copied += run.size();
    if (memory_->read(at, run)) return;
    // What cannot be read (a page of a device) stays zero here and will not be readable later either.
    for (size_t i = 0; i < pages; ++i)
      memory_->read(at + i * kPageSize, run.subspan(i * kPageSize, kPageSize));
  });
  if (kill(pid_, 0) != 0 && errno == ESRCH)
    return fail(ErrorKind::not_found, fmt::format("process {}", pid_), "it is gone");
  copied_bytes_ += wanted_bytes;
  snapshots_.emplace_back(range, std::move(states), std::move(bytes));
  return {};
}

std::vector<MemoryRange> MemoryWatch::changed(ChangeDetail detail) {
  std::vector<MemoryRange> changed;
  for (const MemoryRange& range : tracked_) tracker_->written_pages(range, changed);
  for (const MemorySnapshot& snapshot : snapshots_) snapshot.append_changes(pid_, *memory_, detail, changed);
  std::sort(changed.begin(), changed.end(), [](const auto& a, const auto& b) { return a.start < b.start; });
  return changed;
}

std::vector<MemoryRange> uncovered(std::span<const MemoryRange> changed, std::vector<MemoryRange> mentioned) {
  std::sort(mentioned.begin(), mentioned.end(),
            [](const auto& a, const auto& b) { return a.start < b.start; });
  std::vector<MemoryRange> left;
  for (MemoryRange rest : changed) {
    for (const MemoryRange& known : mentioned) {
      if (!known.intersects(rest)) continue;
      if (rest.start < known.start) left.push_back({rest.start, known.start});
      rest.start = std::min(known.end, rest.end);
    }
    if (!rest.empty()) left.push_back(rest);
  }
  return left;
}

}  // namespace bygone
