#include "tracee/memory_digest.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "tracee/file_data.h"
#include "tracee/pagemap.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace bygone {

namespace {

constexpr size_t kPagesAtOnce = 256;

class MappingDigest {
 public:
  MappingDigest() : state_(XXH3_createState()) { XXH3_64bits_reset(state_.get()); }
  void add(uint64_t page_number, const std::byte* page) {
    if (is_zero_page({page, kPageSize})) return;
    XXH3_64bits_update(state_.get(), &page_number, sizeof page_number);
    XXH3_64bits_update(state_.get(), page, kPageSize);
  }
  uint64_t value() const { return XXH3_64bits_digest(state_.get()); }

 private:
  struct Free {
    void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
  };
  std::unique_ptr<XXH3_state_t, Free> state_;
};

// Offsets in the mapping. Zero pages are in no digest, so that it does not matter where they are looked for.
FileData::Ranges parts_with_data(pid_t tid, const Mapping& mapping, bool opens_files) {
  const uint64_t size = mapping.range().size_bytes();
  const uint64_t first = mapping.recorded.offset_bytes;
  std::optional<FileData> found;
  if (mapping.recorded.prot.shared && opens_files)
    found = find_file_data(tid, mapping.replayed ? *mapping.replayed : mapping.recorded, first, first + size);
  if (!found) return {{0, size}};
  for (auto& [begin, end] : found->data) {
    begin -= first;
    end -= first;
  }
  return found->data;
}

}  // namespace

std::vector<MemoryDigest> digest_writable(EventNumber event, const AddressSpace& space, pid_t tid,
                                          TraceeMemory& memory, DigestScope scope, const LeftOut& left_out) {
  std::vector<MemoryDigest> digests;
  Pagemap pagemap(tid);
  std::vector<std::byte> bytes(kPagesAtOnce * kPageSize);
  for (const auto& [start, mapping] : space.mappings()) {
    const bool shared = mapping.recorded.prot.shared;
    if (!mapping.recorded.prot.write || mapping.kind == MappingKind::bygone ||
        mapping.kind == MappingKind::vvar || mapping.kind == MappingKind::device ||
        (shared && scope == DigestScope::private_only))
      continue;
    const bool absent_is_zero = !shared && mapping.recorded.inode == 0 && mapping.kind != MappingKind::vdso;
    MappingDigest digest;
    const MemoryRange dead = left_out.dead_part(mapping);
    const auto add = [&](Address at, size_t pages) {
      const uint64_t first_page = (at - start) / kPageSize;
      if (!memory.read(at, std::span(bytes).first(pages * kPageSize))) {
        for (size_t i = 0; i < pages; ++i)
          if (memory.read(at + i * kPageSize, std::span(bytes).first(kPageSize)))
            digest.add(first_page + i, bytes.data());
        return;
      }
      const MemoryRange piece = range_of(at, pages * kPageSize);
      const auto blank = [&](const MemoryRange& range) {
        const MemoryRange part = piece.intersect(range);
        if (!part.empty()) std::memset(bytes.data() + (part.start - at), 0, part.size_bytes());
      };
      blank(dead);
      std::for_each(left_out.in_flight.begin(), left_out.in_flight.end(), blank);
      for (size_t i = 0; i < pages; ++i) digest.add(first_page + i, bytes.data() + i * kPageSize);
    };
    for (const auto& [begin, end] : parts_with_data(tid, mapping, left_out.opens_files)) {
      for (uint64_t offset = begin; offset < end;) {
        if (absent_is_zero) offset = pagemap.next_present(start + offset, start + end) - start;
        if (offset >= end) break;
        const size_t pages = std::min<uint64_t>(kPagesAtOnce, (end - offset) / kPageSize);
        const Address at = start + offset;
        offset += pages * kPageSize;
        if (!absent_is_zero) {
          add(at, pages);
          continue;
        }
        // No others are touched: whoever touches one that userfaultfd(2) watches waits for the program.
        const auto& found = pagemap.look_up(at, pages);
        for (auto from = found.begin();
             (from = std::find_if(from, found.end(), Pagemap::is_there)) != found.end();) {
          const auto to = std::find_if_not(from, found.end(), Pagemap::is_there);
          add(at + size_t(from - found.begin()) * kPageSize, size_t(to - from));
          from = to;
        }
      }
    }
    digests.push_back({event, space.id(), mapping.range().start, mapping.range().end, digest.value()});
  }
  return digests;
}

void LeftOut::add_stack_pointer(const AddressSpace& space, Address stack_pointer) {
  const Mapping* const mapping = space.find(stack_pointer);
  if (mapping == nullptr || !is_stack(mapping->kind)) return;
  const Address end = std::max(mapping->range().start, stack_pointer - kRedZoneBytes);
  const auto [known, is_first] = dead_below.emplace(mapping->range().start, end);
  if (!is_first) known->second = std::min(known->second, end);
}

void LeftOut::add_former_stacks(const AddressSpace& space) {
  for (const auto& [start, mapping] : space.mappings())
    if (mapping.kind == MappingKind::former_stack)
      dead_below[start] = std::min(mapping.stack_top, mapping.range().end);
}

MemoryRange LeftOut::dead_part(const Mapping& mapping) const {
  const Address start = mapping.range().start;
  const auto found = dead_below.find(start);
  return {start, found == dead_below.end() ? start : found->second};
}

void LeftOut::add_call(const CallEntry& entry, MemoryReader& memory, const AddressSpace& space) {
  for (const MemoryRange& range : may_be_written_by(entry, memory, space))
    in_flight.push_back({page_floor(range.start), page_ceil(range.end)});
}

void LeftOut::add_call_elsewhere(const CallEntry& entry, MemoryReader& its_memory,
                                 const AddressSpace& its_space, const AddressSpace& space) {
  for (const MemoryRange& range : may_be_written_by(entry, its_memory, its_space)) {
    const Mapping* const theirs = its_space.find(range.start);
    if (theirs == nullptr || !theirs->recorded.prot.shared || theirs->recorded.inode == 0) continue;
    const Address in_file{theirs->recorded.offset_bytes + (range.start - theirs->range().start)};
    const MemoryRange written{page_floor(in_file), page_ceil(in_file + range.size_bytes())};
    for (const auto& [start, mapping] : space.mappings()) {
      const KernelMapping& ours = mapping.recorded;
      if (ours.inode != theirs->recorded.inode || ours.device != theirs->recorded.device) continue;
      if (const MemoryRange seen = shown_at(ours, written); !seen.empty()) in_flight.push_back(seen);
    }
  }
}

uint64_t digest_of(std::span<const std::byte> bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

uint64_t digest_all_writable(const AddressSpace& space, pid_t tid, TraceeMemory& memory,
                             const LeftOut& left_out) {
  std::vector<uint64_t> values;
  for (const MemoryDigest& digest :
       digest_writable(EventNumber{}, space, tid, memory, DigestScope::private_and_shared, left_out)) {
    values.push_back(digest.start.value);
    values.push_back(digest.digest);
  }
  return digest_of(std::as_bytes(std::span(values)));
}

}  // namespace bygone
