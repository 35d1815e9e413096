#include "tracee/address_space.h"

#include <algorithm>

namespace bygone {

namespace {

uint64_t pages_of(const Mapping& mapping) {
  return mapping.kind == MappingKind::vsyscall ? 0 : mapping.range().size_bytes() / kPageSize;
}

// What the two descriptions of a mapping must agree in. Flags and file_stat are not in /proc/PID/maps; names
// are left to the kernel: a file is its device and inode whatever it is renamed to, and anonymous memory
// ([heap], [anon:...]) is named by rules of its own.
KernelMapping comparable(const KernelMapping& mapping) {
  KernelMapping result;
  result.range = mapping.range;
  result.prot = mapping.prot;
  result.device = mapping.device;
  result.inode = mapping.inode;
  if (mapping.inode != 0) result.offset_bytes = mapping.offset_bytes;
  return result;
}

std::vector<KernelMapping> merged(std::vector<KernelMapping> mappings) {
  std::vector<KernelMapping> result;
  for (KernelMapping& mapping : mappings) {
    if (!result.empty() && mapping.continues(result.back()))
      result.back().range.end = mapping.range.end;
    else
      result.push_back(std::move(mapping));
  }
  return result;
}

std::string describe(const KernelMapping& m) {
  return fmt::format("{:x}-{:x} {} {:08x} {} {} {}", m.range.start.value, m.range.end.value, m.prot.text(),
                     m.offset_bytes, m.device.text(), m.inode, m.path);
}

}  // namespace

Mapping slice(const Mapping& mapping, MemoryRange part) {
  Mapping result = mapping;
  const uint64_t skipped = result.range().start < part.start ? part.start - result.range().start : 0;
  result.recorded = mapping.recorded.slice(part);
  if (mapping.replayed) result.replayed = mapping.replayed->slice(part);
  result.data.kept = true;
  result.data.moved_from = {};
  if (result.data.source == DataSource::content) result.data.offset_bytes += skipped;
  if (result.data.source == DataSource::bytes) result.data.source = DataSource::zero;
  return result;
}

MemoryRange shown_at(const KernelMapping& mapping, const MemoryRange& in_file) {
  const MemoryRange mapped = range_of(Address{mapping.offset_bytes}, mapping.range.size_bytes());
  const MemoryRange shown = mapped.intersect(in_file);
  if (shown.empty()) return {};
  return range_of(mapping.range.start + (shown.start - mapped.start), shown.size_bytes());
}

const Mapping* AddressSpace::find(Address address) const {
  auto it = map_.upper_bound(address);
  if (it == map_.begin()) return nullptr;
  --it;
  return it->second.range().contains(address) ? &it->second : nullptr;
}

AddressSpace::Map::iterator AddressSpace::begin_row(EventNumber at, Mapping mapping) {
  mapping.id = *next_id_;
  ++next_id_->value;
  mapping.address_space = id_;
  mapping.first_event = at;
  mapping.end_event = kNoEvent;
  total_pages_ += pages_of(mapping);
  ++version_;
  const Address start = mapping.range().start;
  begun_.emplace(mapping.id, start);
  return map_.insert_or_assign(start, std::move(mapping)).first;
}

void AddressSpace::end_row(Map::iterator it) {
  total_pages_ -= pages_of(it->second);
  ++version_;
  if (begun_.erase(it->second.id) == 0) ended_.push_back(it->second.id);
  map_.erase(it);
}

void AddressSpace::split(EventNumber at, Address address) {
  auto it = map_.upper_bound(address);
  if (it == map_.begin()) return;
  --it;
  const Mapping whole = it->second;
  if (!whole.range().contains(address) || whole.range().start == address) return;
  end_row(it);
  begin_row(at, slice(whole, {whole.range().start, address}));
  begin_row(at, slice(whole, {address, whole.range().end}));
}

void AddressSpace::merge_around(EventNumber at, MemoryRange range) {
  auto it = map_.upper_bound(range.start);
  if (it != map_.begin()) --it;
  if (it != map_.begin()) --it;
  while (it != map_.end() && it->first <= range.end) {
    auto upper = std::next(it);
    if (upper == map_.end()) return;
    auto moved_now = [&](const Mapping& m) { return m.data.moved_from && m.first_event == at; };
    if (!mergeable(it->second, upper->second) || moved_now(it->second) || moved_now(upper->second)) {
      it = upper;
      continue;
    }
    Mapping whole = it->second;
    const bool all_new = it->second.first_event == at && !it->second.data.kept &&
                         upper->second.first_event == at && !upper->second.data.kept;
    whole.recorded.range.end = upper->second.range().end;
    if (whole.replayed) whole.replayed->range.end = upper->second.range().end;
    whole.data.kept = !all_new;
    whole.data.moved_from = {};
    end_row(upper);
    end_row(it);
    it = begin_row(at, std::move(whole));
  }
}

void AddressSpace::insert(EventNumber at, Mapping mapping) {
  const MemoryRange range = mapping.range();
  if (range.empty()) return;
  remove(at, range);
  begin_row(at, std::move(mapping));
  merge_around(at, range);
}

void AddressSpace::remove(EventNumber at, MemoryRange range) {
  if (range.empty()) return;
  split(at, range.start);
  split(at, range.end);
  for (auto it = map_.lower_bound(range.start); it != map_.end() && it->first < range.end;) {
    auto next = std::next(it);
    end_row(it);
    it = next;
  }
}

void AddressSpace::protect(EventNumber at, MemoryRange range, Protection prot) {
  if (range.empty()) return;
  split(at, range.start);
  split(at, range.end);
  for (auto it = map_.lower_bound(range.start); it != map_.end() && it->first < range.end; ++it) {
    Mapping changed = slice(it->second, it->second.range());
    const bool shared = changed.recorded.prot.shared;
    changed.recorded.prot = prot;
    changed.recorded.prot.shared = shared;
    if (changed.replayed) {
      const bool replayed_shared = changed.replayed->prot.shared;
      changed.replayed->prot = prot;
      changed.replayed->prot.shared = replayed_shared;
    }
    if (changed.recorded.prot == it->second.recorded.prot) continue;
    end_row(it);
    it = begin_row(at, std::move(changed));
  }
  merge_around(at, range);
}

void AddressSpace::move(EventNumber at, MemoryRange from, Address to, uint64_t size_bytes, Source source) {
  const MemoryRange target = range_of(to, size_bytes);
  const Mapping* old = find(from.start);
  if (old == nullptr) return;
  const MemoryRange kept{from.start, std::min(from.end, old->range().end)};
  Mapping moved = slice(*old, {from.start, old->range().end});
  moved.recorded.range = target;
  moved.data.kept = true;
  if (moved.stack_top && to != from.start) {  // whoever stands on it stands elsewhere
    moved.kind = MappingKind::anonymous;
    moved.stack_top = {};
  }
  moved.data.moved_from = to == from.start ? Address{} : from.start;
  if (to == from.start) {  // grown or shrunk in place
    remove(at, {std::min(target.end, kept.end), std::max(target.end, kept.end)});
    if (size_bytes > kept.size_bytes()) {
      remove(at, kept);
      begin_row(at, std::move(moved));
    }
  } else {
    if (source == Source::removed) remove(at, from);
    remove(at, target);
    begin_row(at, std::move(moved));
  }
  merge_around(at, target);
}

void AddressSpace::grow_down(EventNumber at, Address old_start, Address new_start) {
  auto it = map_.find(old_start);
  if (it == map_.end() || new_start >= old_start) return;
  Mapping grown = slice(it->second, it->second.range());
  grown.recorded.range.start = new_start;
  if (grown.recorded.inode != 0) grown.recorded.offset_bytes -= old_start - new_start;
  if (grown.replayed) grown.replayed->range.start = new_start;
  end_row(it);
  begin_row(at, std::move(grown));
}

void AddressSpace::change_kind(EventNumber at, Map::iterator it, MappingKind kind, Address stack_top) {
  Mapping changed = slice(it->second, it->second.range());
  changed.kind = kind;
  changed.stack_top = stack_top;
  end_row(it);
  begin_row(at, std::move(changed));
}

void AddressSpace::begin_thread_stack(EventNumber at, Address lowest, Address top) {
  const Mapping* const found = top ? find(top - 1) : nullptr;
  if (found == nullptr || found->recorded.prot.shared || found->recorded.inode != 0) return;
  if (found->kind == MappingKind::thread_stack && found->stack_top == top) return;
  if (found->kind != MappingKind::anonymous && !found->stack_top) return;
  const auto it = map_.find(found->range().start);
  const bool guarded = it != map_.begin() && std::prev(it)->second.range().end == it->first &&
                       std::prev(it)->second.recorded.prot.prot_bits() == 0;
  if (lowest ? it->first < lowest : !guarded) return;
  change_kind(at, it, MappingKind::thread_stack, top);
}

void AddressSpace::end_stack(EventNumber at, Address stack_pointer) {
  const Mapping* const found = find(stack_pointer);
  if (found == nullptr || !is_stack(found->kind) || found->kind == MappingKind::former_stack) return;
  const Address dead_below = std::max(found->range().start, stack_pointer - kRedZoneBytes);
  change_kind(at, map_.find(found->range().start), MappingKind::former_stack, dead_below);
}

void AddressSpace::restat(EventNumber at, Device device, uint64_t inode, const FileStat& stat) {
  for (auto it = map_.begin(); it != map_.end(); ++it) {
    const KernelMapping& kernel = it->second.recorded;
    if (kernel.inode != inode || kernel.device != device) continue;
    if (kernel.file_stat.size_bytes == stat.size_bytes) continue;
    Mapping changed = slice(it->second, it->second.range());
    changed.recorded.file_stat = stat;
    end_row(it);
    it = begin_row(at, std::move(changed));
  }
}

AddressSpace AddressSpace::fork(EventNumber at, AddressSpaceId id) const {
  AddressSpace copy(id, *next_id_);
  for (const auto& [start, mapping] : map_) copy.begin_row(at, slice(mapping, mapping.range()));
  return copy;
}

AddressSpace::Changes AddressSpace::take_changes() {
  Changes changes;
  if (begun_.empty() && ended_.empty()) return changes;
  changes.ended = std::exchange(ended_, {});
  for (const auto& [id, start] : begun_) changes.begun.push_back(map_.at(start));
  begun_.clear();
  return changes;
}

Expected<void> AddressSpace::adopt(Mapping mapping) {
  auto above = map_.lower_bound(mapping.range().start);
  const bool hits_above = above != map_.end() && above->second.range().intersects(mapping.range());
  const bool hits_below =
      above != map_.begin() && std::prev(above)->second.range().intersects(mapping.range());
  if (mapping.range().empty() || hits_above || hits_below)
    return fail(ErrorKind::bad_data, fmt::format("mapping {}", mapping.id.value),
                fmt::format("its range 0x{:x}-0x{:x} overlaps another mapping of the same moment",
                            mapping.range().start.value, mapping.range().end.value),
                "the recording is damaged: `bygone verify` says how far it can be used");
  total_pages_ += pages_of(mapping);
  ++version_;
  const Address start = mapping.range().start;
  map_.emplace(start, std::move(mapping));
  return {};
}

void AddressSpace::forget(Address start) {
  const auto it = map_.find(start);
  if (it == map_.end()) return;
  total_pages_ -= pages_of(it->second);
  ++version_;
  map_.erase(it);
}

Expected<void> AddressSpace::validate(const std::vector<KernelMapping>& kernel, Half half) const {
  std::vector<KernelMapping> ours;
  for (const auto& [start, mapping] : map_) {
    if (mapping.kind == MappingKind::vsyscall) continue;
    ours.push_back(
        comparable(half == Half::replayed && mapping.replayed ? *mapping.replayed : mapping.recorded));
  }
  std::vector<KernelMapping> theirs;
  for (const KernelMapping& mapping : kernel)
    if (mapping.path != "[vsyscall]") theirs.push_back(comparable(mapping));
  ours = merged(std::move(ours));
  theirs = merged(std::move(theirs));
  const size_t common = std::min(ours.size(), theirs.size());
  for (size_t i = 0; i <= common; ++i) {
    if (i < common && ours[i] == theirs[i]) continue;
    if (i == common && ours.size() == theirs.size()) break;
    return fail(ErrorKind::divergence, fmt::format("address space {}", id_.value),
                fmt::format("the kernel's mappings are not the ones known: expected {}, found {}",
                            i < ours.size() ? describe(ours[i]) : "nothing more",
                            i < theirs.size() ? describe(theirs[i]) : "nothing more"),
                "report this together with the program");
  }
  return {};
}

}  // namespace bygone
