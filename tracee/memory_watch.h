#pragma once

// Finds what a system call changed in its caller's memory without knowing anything about the call: for those
// the system call table cannot describe.

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "schema/error.h"
#include "schema/memory_range.h"
#include "tracee/memory.h"
#include "tracee/write_tracker.h"

namespace bygone {

// What a page held when the watch began.
enum class PageBefore : uint8_t {
  copied,
  zero,     // private anonymous memory that the process had not touched
  unknown,  // memory of a file that the process had not touched
};

enum class ChangeDetail {
  joined,   // neighbours less than 16 bytes apart are one change
  exact,    // each run of changed bytes is one
  certain,  // joined, without pages whose old content is unknown
};

// One range's pages as they were. Pages the process had not touched by then are not copied.
class MemorySnapshot {
 public:
  MemorySnapshot(const MemoryRange& range, std::vector<PageBefore> pages, std::vector<std::byte> bytes)
      : range_(range), pages_(std::move(pages)), bytes_(std::move(bytes)) {}

  const MemoryRange& range() const { return range_; }
  // Appends what differs now: to the byte where the old content is known, whole pages where it is not. Parts
  // that are unmapped now are left out.
  void append_changes(pid_t pid, MemoryReader& memory, ChangeDetail detail,
                      std::vector<MemoryRange>& changed) const;

 private:
  MemoryRange range_;
  std::vector<PageBefore> pages_;
  std::vector<std::byte> bytes_;  // of the copied pages, one after another
};

class MemoryWatch {
 public:
  // Memory that may be copied at most; more makes begin() fail.
  static constexpr uint64_t kDefaultLimitBytes = uint64_t{1} << 30;

  // Takes note of `ranges` (page-aligned, disjoint, all writable memory of `pid`, which must be stopped, and
  // whose threads must be, until the end). With a tracker of that address space the kernel does the watching,
  // where it can; it must outlive the watch. Without one, and for ranges it cannot watch, memory is copied
  // now and compared later. Fails with ErrorKind::unavailable if more than `limit_bytes` would have to be
  // copied, and with not_found when the process is gone.
  static Expected<MemoryWatch> begin(pid_t pid, std::span<const MemoryRange> ranges,
                                     WriteTracker* tracker = nullptr,
                                     uint64_t limit_bytes = kDefaultLimitBytes);

  MemoryWatch(MemoryWatch&& other) noexcept;
  MemoryWatch& operator=(MemoryWatch&&) = delete;
  ~MemoryWatch();

  // What has changed since begin(), ascending and disjoint: every changed byte and perhaps some of its
  // neighbours. Compares again each time it is called.
  std::vector<MemoryRange> changed(ChangeDetail detail = ChangeDetail::joined);

  // Bytes copied at begin(): 0 if the kernel does all the watching.
  uint64_t copied_bytes() const { return copied_bytes_; }

 private:
  MemoryWatch(pid_t pid, WriteTracker* tracker);
  std::vector<PageBefore> classify(const MemoryRange& range);
  Expected<void> copy(const MemoryRange& range, uint64_t limit_bytes);

  pid_t pid_;
  WriteTracker* tracker_;
  std::unique_ptr<TraceeMemory> memory_;
  std::vector<MemoryRange> tracked_;
  std::optional<std::vector<MemoryRange>>
      anonymous_;  // private anonymous mappings, looked up when first needed
  std::vector<MemorySnapshot> snapshots_;
  uint64_t copied_bytes_ = 0;
};

// The parts of `changed` that no range of `mentioned` holds: what a call changed and its row in the table
// does not say. To be asked of a watch without a tracker, since the kernel counts in pages.
std::vector<MemoryRange> uncovered(std::span<const MemoryRange> changed, std::vector<MemoryRange> mentioned);

}  // namespace bygone
