#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>

#include "schema/ids.h"
#include "tracee/memory.h"

namespace bygone {

// An int3 in the place of an instruction's first byte. Debug registers would leave the program's memory
// alone, but there are virtual machines in which they can be set and never trap. The byte is put back by
// lift() and by the destructor; both may only be called while every task that shares the memory is stopped.
class Breakpoint {
 public:
  // Nothing where the memory cannot be written, or where the instruction must not be stepped over: it enters
  // the kernel, traps by itself, or looks at the flags (which show that it is being stepped).
  static std::optional<Breakpoint> plant(TraceeMemory& memory, Address at);
  Breakpoint(Breakpoint&& other) noexcept;
  Breakpoint& operator=(Breakpoint&&) = delete;
  ~Breakpoint();

  Address at() const { return at_; }
  void lift();
  bool plant_again();

  // Is the task, at a SIGTRAP signal-delivery-stop, stopped by this breakpoint? If so it is put back onto the
  // instruction, which it has not run.
  bool was_hit_by(pid_t tid) const;

 private:
  Breakpoint(TraceeMemory& memory, Address at, std::byte original)
      : memory_(&memory), at_(at), original_(original) {}

  TraceeMemory* memory_;  // null once moved from
  Address at_;
  std::byte original_;
  bool planted_ = false;
};

// RF of the flags register, which the processor sets around faults for its own use.
constexpr uint64_t kResumeFlag = 1 << 16;

}  // namespace bygone
