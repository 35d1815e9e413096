#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "schema/memory_range.h"
#include "schema/registers.h"
#include "tracee/syscall_table.h"

namespace bygone {

class AddressSpace;

// Reads a tracee's memory; false (and nothing promised about `out`) if any byte of it is unmapped.
class MemoryReader {
 public:
  virtual ~MemoryReader() = default;
  virtual bool read(Address from, std::span<std::byte> out) = 0;
};

// What must be remembered at a call's entry because the kernel overwrites it (msg_namelen, a socklen_t, ...).
struct CallEntry {
  Registers registers;          // at entry: arguments, orig_rax
  std::vector<uint64_t> saved;  // the interpreter's own notes
  // Not empty when the table does not describe what is asked: "ioctl 0x5413". Whoever wants to find out what
  // such a call writes has to start looking now, before the kernel runs it.
  std::string unknown;
};

struct Capture {
  // What the kernel may have written: every byte it wrote and few besides. Not clipped to what is mapped; may
  // overlap.
  std::vector<MemoryRange> ranges;
  // Not empty when the row (or the ioctl, fcntl, prctl, sockopt... table behind it) has no description of
  // what was asked: names the option, e.g. "ioctl 0x5413". The ranges are then incomplete.
  std::string unknown;
  // process_vm_writev(2): ranges written in the address space of that process. `unknown` is set too, for
  // callers that cannot record them.
  int32_t other_process = 0;
  std::vector<MemoryRange> other_process_ranges;
};

// To be called with the registers at the entry of every call, before the kernel runs it. Reads no memory for
// calls that need no note. A restart_syscall(2) continues an earlier call: keep that one's entry instead of
// noting a new one.
CallEntry note_entry(const Registers& at_entry, MemoryReader& memory);

// To be called when it has returned. Memory is read as it is after the call. `result` may be one of the
// kernel's own -512..-516 that a tracer sees where a signal interrupts the call. When a task loses its turn
// inside a call, written_by(entry, -ERESTARTSYS, memory) names what the kernel may have written already (the
// owner word of a priority-inheriting futex). For clone and its kin, ask again for the child, with result 0
// and the child's memory. `space`, where it is given, says where memory cannot be written: a call that came
// there has written a little more than its result counts.
Capture written_by(const CallEntry& entry, int64_t result, MemoryReader& memory,
                   const AddressSpace* space = nullptr);

// Where a call that is not over, or never returns, may have written something. Looks at the mappings instead
// of the memory that is written: a page that userfaultfd(2) watches is served by the program, which may be
// held.
std::vector<MemoryRange> may_be_written_by(const CallEntry& entry, MemoryReader& memory,
                                           const AddressSpace& space);

// CallRow::may_block, refined by the option asked for: fcntl blocks on F_SETLKW only, futex on waits only.
bool may_block(const Registers& at_entry);

}  // namespace bygone
