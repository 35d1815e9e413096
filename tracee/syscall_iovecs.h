#pragma once

// Scattered memory: struct iovec, msghdr and mmsghdr, noted at a call's entry (a program may receive into the
// very structures, and another thread may change them meanwhile; the kernel copies them first) and spent at
// its return.

#include <cstdint>
#include <span>
#include <vector>

#include "schema/memory_range.h"
#include "tracee/syscall_interpreter.h"

namespace bygone {

// Beyond every address of a program, with five levels of page tables too.
inline constexpr uint64_t kUserSpaceEnd = uint64_t{1} << 56;

using Notes = std::span<const uint64_t>;

// Whether note_entry saves something for it: first the pointer it goes through, if it does.
bool takes_notes(const Written& written);

// [start, start + size) without what lies beyond user space or beyond what one call can write; nothing if
// that is empty.
void add_range(uint64_t start, uint64_t size_bytes, std::vector<MemoryRange>& ranges);

// Saves nothing where the kernel would refuse: more than IOV_MAX elements, unreadable memory.
void note_iovecs(uint64_t pointer, uint64_t count, MemoryReader& memory, std::vector<uint64_t>& notes);
void note_message(uint64_t pointer, MemoryReader& memory, std::vector<uint64_t>& notes);
void note_messages(uint64_t pointer, uint64_t count, MemoryReader& memory, std::vector<uint64_t>& notes);

// The first `bytes` bytes of the vector the notes hold.
void add_iovecs(Notes notes, uint64_t bytes, std::vector<MemoryRange>& ranges);
// What recvmsg(2) wrote that received `bytes`, and with UINT64_MAX all it may have written. True where that
// is more than it is known to have written: memory that is not mapped may be in it.
bool add_message(Notes notes, uint64_t pointer, uint64_t bytes, MemoryReader& memory,
                 const AddressSpace* space, std::vector<MemoryRange>& ranges);
// `result` is recvmmsg(2)'s: messages received, or an error.
bool add_messages(Notes notes, uint64_t pointer, int64_t result, MemoryReader& memory,
                  const AddressSpace* space, std::vector<MemoryRange>& ranges);

}  // namespace bygone
