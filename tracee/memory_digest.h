#pragma once

#include <sys/types.h>

#include <map>
#include <vector>

#include "schema/rows.h"
#include "tracee/address_space.h"
#include "tracee/memory.h"
#include "tracee/syscall_interpreter.h"

namespace bygone {

enum class DigestScope { private_only, private_and_shared };

// What a digest leaves out because recording and replay may rightly differ in it.
struct LeftOut {
  // Of stacks, what lies below the lowest stack pointer of all tasks, without the red zone, and below where a
  // thread ended: XSAVEC, in the dynamic linker's trampolines, leaves there what the processor took for in
  // use (Intel SDM volume 1, 13.6). By the start of the mapping. Call add_former_stacks(), then
  // add_stack_pointer() for every task.
  std::map<Address, Address> dead_below;
  // Where calls under way may write at any moment. Whole pages are left out.
  std::vector<MemoryRange> in_flight;
  // Holes of shared files, which are found by opening those: whoever watches them is told, and may have to
  // allow it (fanotify(7)). False: they are read like all else.
  bool opens_files = true;

  void add_former_stacks(const AddressSpace& space);
  void add_stack_pointer(const AddressSpace& space, Address stack_pointer);
  MemoryRange dead_part(const Mapping& mapping) const;
  // A call that was entered as `entry` says and has not returned in the recording.
  void add_call(const CallEntry& entry, MemoryReader& memory, const AddressSpace& space);
  // The same for a call of a task that runs in `its_space`, as far as memory shared with `space` goes.
  void add_call_elsewhere(const CallEntry& entry, MemoryReader& its_memory, const AddressSpace& its_space,
                          const AddressSpace& space);
};

// One digest per writable mapping of the address space `tid` runs in: XXH3-64 over the pages that are not all
// zero, each with its place, so that memory never touched costs nothing. bygone's own pages are left out.
// `event` goes into the rows. Mappings that cannot be read (pages behind the end of their file) are digested
// as far as they can be.
std::vector<MemoryDigest> digest_writable(EventNumber event, const AddressSpace& space, pid_t tid,
                                          TraceeMemory& memory, DigestScope scope, const LeftOut& left_out);

// XXH3-64.
uint64_t digest_of(std::span<const std::byte> bytes);

// One number for all writable memory of the address space, as digest_writable() sees it.
uint64_t digest_all_writable(const AddressSpace& space, pid_t tid, TraceeMemory& memory,
                             const LeftOut& left_out);

}  // namespace bygone
