#pragma once

// Which pages of another process were written since a given moment, told by the kernel: userfaultfd(2) in its
// asynchronous write-protect mode and PAGEMAP_SCAN, Linux 6.7. Costs page table work, copies nothing.

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "schema/error.h"
#include "schema/memory_range.h"

namespace bygone {

// Makes the tracee run one system call and returns its result, -errno on failure.
using RemoteCaller =
    std::function<Expected<int64_t>(uint64_t number, const std::array<uint64_t, 6>& arguments)>;

class WriteTracker {
 public:
  // Lets the tracee make a userfaultfd, takes it over and closes the tracee's descriptor: only we hold it
  // then. It governs the address space the tracee has now; after an execve open another one. Fails with
  // ErrorKind::unavailable where the kernel cannot do it or the caller may not.
  static Expected<WriteTracker> open(pid_t pid, const RemoteCaller& call);

  WriteTracker(WriteTracker&& other) noexcept;
  WriteTracker& operator=(WriteTracker&& other) noexcept;
  ~WriteTracker();

  // Starts to watch a page-aligned range. False, with nothing changed, where the kernel does not let us: part
  // of it is unmapped, or the program has put a userfaultfd of its own there.
  bool watch(const MemoryRange& range);
  // Stops watching, and forgets what was seen.
  void forget(const MemoryRange& range);
  // Pages of a watched range that were written since watch(). A page that was merely read for the first time
  // may be among them. Empty and false if the kernel refuses, because the range was unmapped meanwhile.
  bool written_pages(const MemoryRange& range, std::vector<MemoryRange>& pages) const;

 private:
  WriteTracker(int fault_fd, int pagemap_fd) : fault_fd_(fault_fd), pagemap_fd_(pagemap_fd) {}
  void close_all();
  int fault_fd_ = -1;
  int pagemap_fd_ = -1;
};

}  // namespace bygone
