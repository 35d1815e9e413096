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
                                          TraceeMemory& memory, DigestScope scope);

// One number for all writable memory of the address space, as digest_writable() sees it.
uint64_t digest_all_writable(const AddressSpace& space, pid_t tid, TraceeMemory& memory);

}  // namespace bygone
