#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "schema/error.h"
#include "schema/memory_range.h"
#include "schema/registers.h"
#include "tracee/syscall_table.h"

namespace bygone {

// Reads a tracee's memory; false (and nothing promised about `out`) if any byte of it is unmapped.
class MemoryReader {
 public:
  virtual ~MemoryReader() = default;
  virtual bool read(Address from, std::span<std::byte> out) = 0;
};

// What must be remembered at a call's entry because the kernel overwrites it (msg_namelen, a socklen_t, ...).
struct CallEntry {
  Registers registers;                   // at entry: arguments, orig_rax
  std::vector<std::byte> saved;          // the interpreter's own notes
};

struct Capture {
  std::vector<MemoryRange> ranges;  // what the kernel may have written, in ascending order of discovery, unclipped
  // Not empty when the row (or the ioctl, fcntl, prctl, sockopt... table behind it) has no description of what was
  // asked: names the option, e.g. "ioctl 0x5413". The ranges are then incomplete.
  std::string unknown;
};

// To be called with the registers at the entry of every call, before the kernel runs it.
CallEntry note_entry(const Registers& at_entry, MemoryReader& memory);

// To be called when it has returned. Memory is read as it is after the call.
Capture written_by(const CallEntry& entry, int64_t result, MemoryReader& memory);

}  // namespace bygone
