#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "schema/error.h"
#include "schema/mapping.h"

namespace bygone {

// Which of a Mapping's two descriptions is meant.
enum class Half { recorded, replayed };

// The mappings of one address space, kept up to date from observed calls. Each change happens "at" an event:
// it ends rows and begins rows there, which take_changes() hands to whoever writes them down. Adjacent
// mappings that differ in nothing but their position are kept merged, more eagerly than the kernel merges
// them; compare modulo merging.
class AddressSpace {
 public:
  using Map = std::map<Address, Mapping>;

  // New rows take their identities from `next_id`, which must outlive this object.
  AddressSpace(AddressSpaceId id, MappingId& next_id) : id_(id), next_id_(&next_id) {}

  AddressSpaceId id() const { return id_; }
  const Map& mappings() const { return map_; }
  // The mapping that contains the address, or nullptr. Valid until the next change.
  const Mapping* find(Address address) const;
  // What /proc/PID/statm calls size: all mappings but the vsyscall page.
  uint64_t total_pages() const { return total_pages_; }
  // Another number after every change.
  uint64_t version() const { return version_; }

  // Puts the mapping in place of whatever is in its range. Sets its id, address space and events.
  void insert(EventNumber at, Mapping mapping);
  void remove(EventNumber at, MemoryRange range);
  // Read, write and execute of `prot`; sharing stays what it is.
  void protect(EventNumber at, MemoryRange range, Protection prot);
  // mremap(2): [from.start, from.end) becomes `size_bytes` at `to`; with a size of from 0 or keep_source the
  // old mapping stays.
  enum class Source { removed, stays };
  void move(EventNumber at, MemoryRange from, Address to, uint64_t size_bytes, Source source);
  // Extends the mapping that starts at `old_start` downwards (MAP_GROWSDOWN).
  void grow_down(EventNumber at, Address old_start, Address new_start);
  // clone(2) gave a new thread the stack that ends at `top` and begins at or above `lowest`, 0 where the call
  // did not say: what is mapped there becomes its stack, if nothing else can lie in it. Then a mapping that
  // is not the program's own choice of memory begins behind a guard page.
  void begin_thread_stack(EventNumber at, Address lowest, Address top);
  // The only task whose stack pointer lay in the mapping around `stack_pointer` is no more.
  void end_stack(EventNumber at, Address stack_pointer);
  // The file behind some mappings has another size now: rows of it go on with the new fstat.
  void restat(EventNumber at, Device device, uint64_t inode, const FileStat& stat);
  // Gives every mapping a row of its own in a copy of this address space, made at `at` by fork(2).
  AddressSpace fork(EventNumber at, AddressSpaceId id) const;

  struct Changes {
    std::vector<Mapping> begun;
    std::vector<MappingId> ended;
    bool empty() const { return begun.empty() && ended.empty(); }
  };
  Changes take_changes();

  // Rows as a reader gives them, for replay: `mapping` is put in unless its place is taken, which is an
  // error.
  Expected<void> adopt(Mapping mapping);
  void forget(Address start);  // of a mapping

  // Compares with what the kernel says, modulo merging: ranges, protection, file, offset.
  Expected<void> validate(const std::vector<KernelMapping>& kernel, Half half) const;

 private:
  Map::iterator begin_row(EventNumber at, Mapping mapping);
  void end_row(Map::iterator it);
  void change_kind(EventNumber at, Map::iterator it, MappingKind kind, Address stack_top);
  // Makes `address` a boundary between mappings.
  void split(EventNumber at, Address address);
  void merge_around(EventNumber at, MemoryRange range);

  AddressSpaceId id_;
  MappingId* next_id_;
  Map map_;
  uint64_t total_pages_ = 0;
  uint64_t version_ = 1;
  std::map<MappingId, Address> begun_;  // not taken yet, with where they start
  std::vector<MappingId> ended_;        // not taken yet
};

// The part of `mapping` inside `part`, both halves and data moved along; its pages count as kept.
Mapping slice(const Mapping& mapping, MemoryRange part);

// Where a mapping of a file shows that part of it, given by offsets in the file; empty if it does not.
MemoryRange shown_at(const KernelMapping& mapping, const MemoryRange& in_file);

}  // namespace bygone
