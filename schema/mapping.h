#pragma once

#include <cstdint>
#include <optional>

#include "schema/ids.h"
#include "schema/kernel_mapping.h"

namespace bygone {

// What a mapping is for, as far as recorder knows. Stored values: append only.
enum class MappingKind : uint8_t {
  anonymous = 0,
  executable = 1,  // the program itself
  heap = 2,        // the brk area
  stack = 3,       // the initial stack
  vdso = 4,
  vvar = 5,      // kernel data pages beside the vdso; unreadable from outside, zero in replay
  vsyscall = 6,  // the fixed kernel page; never mapped nor unmapped by anybody
  file = 7,
  shared_memory = 8,  // MAP_SHARED, with or without a file
  bygone = 9,         // our own pages
  thread_stack = 10,  // what clone(2) was given for a thread
  former_stack = 11,  // a stack whose thread has ended, or was left behind by fork(2)
  device = 12,        // what a device or the kernel itself writes (rings of perf, packet sockets, ...)
};

// What a function may use below its stack pointer (System V ABI, AMD64, 3.2.2).
inline constexpr uint64_t kRedZoneBytes = 128;

inline bool is_stack(MappingKind kind) {
  return kind == MappingKind::stack || kind == MappingKind::thread_stack || kind == MappingKind::former_stack;
}

// Where the bytes of a mapping come from when it has to be made. Stored values: append only.
enum class DataSource : uint8_t {
  zero = 0,
  content = 1,  // a stored file's content at an offset
  bytes = 2,    // bytes stored with this row, from the start of the range; zero behind them
};

// Says how to obtain a mapping's bytes. Protection and flags are not its business: Mapping has them.
struct MappedData {
  DataSource source = DataSource::zero;
  ContentId content;          // of DataSource::content
  uint64_t offset_bytes = 0;  // into that content
  // Kept from before: pages of this range that were mapped before this row began keep what they held
  // (mprotect, a grown heap, a fork); `source` then describes only the pages that are new.
  bool kept = false;
  // mremap(2): what was mapped from this address on was moved to the start of this row; 0 where nothing
  // moved.
  Address moved_from;

  bool operator==(const MappedData&) const = default;
};

// One mapping of one address space during the events first_event <= e < end_event. This very struct is what a
// recording stores: the replayed half exists only while replaying, describes the mapping as made by the
// replayer (another file name, another device) and is not stored.
struct Mapping {
  MappingId id;
  AddressSpaceId address_space;
  EventNumber first_event;
  EventNumber end_event = kNoEvent;
  KernelMapping recorded;
  std::optional<KernelMapping> replayed;
  MappingKind kind = MappingKind::anonymous;
  MappedData data;
  // Of thread_stack: the first address above the stack. Of former_stack: what lies below is dead.
  Address stack_top;

  const MemoryRange& range() const { return recorded.range; }
  // Whether a replay has it in common with others. A device's memory is written anew for each who looks at
  // it.
  bool is_shared() const { return recorded.prot.shared && kind != MappingKind::device; }
  bool holds_at(EventNumber event) const { return first_event <= event && event < end_event; }
};

// True when `upper` goes on where `lower` stops and a reader could not tell them apart but for the address.
bool mergeable(const Mapping& lower, const Mapping& upper);

}  // namespace bygone
