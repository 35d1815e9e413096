#pragma once

#include <sys/types.h>

#include <vector>

#include "schema/rows.h"
#include "tracee/address_space.h"
#include "tracee/memory.h"

namespace bygone {

enum class DigestScope { private_only, private_and_shared };

// One digest per writable mapping of the address space `tid` runs in: XXH3-64 over the pages that are not all
// zero, each with its place, so that memory never touched costs nothing. bygone's own pages are left out.
// `event` goes into the rows. Mappings that cannot be read (pages behind the end of their file) are digested
// as far as they can be.
std::vector<MemoryDigest> digest_writable(EventNumber event, const AddressSpace& space, pid_t tid,
                                          TraceeMemory& memory, DigestScope scope, Address dead_below);

// One number for all writable memory of the address space, as digest_writable() sees it.
uint64_t digest_all_writable(const AddressSpace& space, pid_t tid, TraceeMemory& memory, Address dead_below);

// The lower of the two, where `stack_pointer` points into the initial stack of the space: fold it over all
// its tasks, beginning with kNoDeadMemory.
inline constexpr Address kNoDeadMemory{~uint64_t{0}};
Address dead_memory_end(const AddressSpace& space, Address stack_pointer, Address so_far);

}  // namespace bygone
