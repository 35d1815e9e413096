#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <vector>

#include "schema/ids.h"
#include "tracee/memory.h"

namespace bygone {

// The bytes of the instruction at `at`, as many as any may have or as are mapped.
std::vector<std::byte> read_instruction(TraceeMemory& memory, Address at);

// False where the instruction enters the kernel, traps by itself, or looks at the flags, which show that it
// is being stepped.
bool may_be_stepped(TraceeMemory& memory, Address at);

// Where it goes on behind an instruction that repeats itself (rep movs and its kind), whose every round is a
// step of its own; nothing for any other.
std::optional<Address> behind_repetition(TraceeMemory& memory, Address at);

// An int3 in the place of an instruction's first byte. Debug registers would leave the program's memory
// alone, but there are virtual machines in which they can be set and never trap. The byte is put back by
// lift() and by the destructor; both may only be called while every task that shares the memory is stopped.
class Breakpoint {
 public:
  // Not planted yet. Only for an instruction that may_be_stepped(), to get past it again.
  Breakpoint(TraceeMemory& memory, Address at) : memory_(memory), at_(at) {}
  ~Breakpoint() { lift(); }
  Breakpoint(const Breakpoint&) = delete;
  Breakpoint& operator=(const Breakpoint&) = delete;

  Address at() const { return at_; }
  void lift();
  // False where the memory cannot be written.
  bool plant();

  // Is the task, at a SIGTRAP signal-delivery-stop, stopped by this breakpoint? If so it is put back onto the
  // instruction, which it has not run.
  bool was_hit_by(pid_t tid) const;

 private:
  TraceeMemory& memory_;
  Address at_;
  std::byte original_{};
  bool planted_ = false;
};

}  // namespace bygone
