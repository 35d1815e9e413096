#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "replayer/replay_session.h"
#include "tracee/call_result.h"
#include "tracee/file_data.h"
#include "tracee/memory_advice.h"
#include "tracee/proc_maps.h"
#include "tracee/remote_calls.h"
#include "tracee/stack_limit.h"
#include "tracee/stub_image.h"
#include "tracee/syscall_table.h"

namespace bygone {

namespace {

// Mapped from the same file as what it goes on from.
std::optional<KernelMapping> carried_half(const AddressSpace& before, const Mapping& mapping) {
  if (mapping.recorded.inode == 0 || mapping.data.moved_from) return std::nullopt;
  for (const auto& [start, old] : before.mappings()) {
    const bool same = old.replayed && old.recorded.inode == mapping.recorded.inode &&
                      old.range().intersects(mapping.range()) &&
                      old.recorded.offset_bytes - start.value ==
                          mapping.recorded.offset_bytes - mapping.range().start.value;
    if (!same) continue;
    KernelMapping half = *old.replayed;
    half.offset_bytes += mapping.range().start.value - start.value;
    half.range = mapping.range();
    half.prot = protection_in_replay(mapping);
    return half;
  }
  return std::nullopt;
}

// Where a call has every page brought in as by a store (mm_populate(), mm/gup.c).
MemoryRange populated_by(const FullFrame& frame) {
  const Registers& call = *frame.registers;
  const int64_t result = frame.frame.result.value_or(-EINVAL);
  const bool goes_half_way = frame.frame.call == SYS_madvise && result != -EINVAL;
  if (result < 0 && !goes_half_way) return {};
  const auto given = [&] {
    const Address start{call.argument(0)};
    return MemoryRange{page_floor(start), page_ceil(start + call.argument(1))};
  };
  switch (uint64_t(frame.frame.call.value_or(-1))) {
    case SYS_mmap: {
      const uint64_t flags = call.argument(3);
      const bool populates =
          (flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE || (flags & MAP_LOCKED) != 0;
      const Address start{uint64_t(result)};
      return populates ? MemoryRange{start, page_ceil(start + call.argument(1))} : MemoryRange{};
    }
    case SYS_madvise:
      return call.argument(2) == MADV_POPULATE_WRITE ? given() : MemoryRange{};
    case SYS_mlock:
      return given();
    case SYS_mlock2:
      return call.argument(2) == 0 ? given() : MemoryRange{};
    case SYS_mlockall: {
      const uint64_t flags = call.argument(0);
      return (flags & (MCL_CURRENT | MCL_ONFAULT)) == MCL_CURRENT
                 ? MemoryRange{Address{0}, Address{~uint64_t{0}}}
                 : MemoryRange{};
    }
    default:
      return {};
  }
}

}  // namespace

std::shared_ptr<ReplayedSpace> ReplaySession::make_space(AddressSpaceId id, pid_t pid, EventNumber event) {
  auto space = std::make_shared<ReplayedSpace>(id, pid);
  space->users.insert(pid);
  space->changed_at = event;
  auto events = recording_.mapping_begin_events(id, EventNumber{event.value + 1}, recording_.last_event());
  if (events) space->begin_events = std::move(*events);
  if (const auto row = space_rows_.find(id); row != space_rows_.end())
    set_stack_limit(pid, row->second.stack_limit_bytes);
  return space;
}

Expected<void> ReplaySession::learn_later_changes(EventNumber done) {
  std::set<ReplayedSpace*> spaces;
  for (auto& [tid, task] : tasks_)
    if (task.space) spaces.insert(task.space.get());
  for (ReplayedSpace* space : spaces) {
    const AddressSpaceId id = space->space.id();
    BYGONE_ASSIGN(const auto begins,
                  recording_.mapping_begin_events(id, EventNumber{done.value + 1}, recording_.last_event()));
    space->begin_events.insert(space->begin_events.end(), begins.begin(), begins.end());
    // Rows that had no end when they were read may have one now.
    BYGONE_ASSIGN(const auto mappings, recording_.mappings_at(id, done));
    space->ends.clear();
    for (const Mapping& mapping : mappings) space->ends.emplace(mapping.end_event, mapping.range().start);
  }
  return {};
}

void ReplaySession::leave_space(ReplayedTask& task) {
  if (!task.space) return;
  task.space->users.erase(task.pid);
  if (!task.space->users.empty()) task.space->memory.follow(*task.space->users.begin());
  task.space.reset();
}

Expected<void> ReplaySession::adopt_mappings(ReplayedSpace& space, EventNumber event,
                                             const ReplayedSpace* parent) {
  BYGONE_ASSIGN(const auto mappings, recording_.mappings_at(space.space.id(), event));
  for (Mapping mapping : mappings) {
    if (mapping.kind == MappingKind::bygone) {
      // Ours come with the stub, whatever the recording says of them.
      const auto found = find_mapping(*space.users.begin(), mapping.range().start);
      if (found) mapping.replayed = found->slice(mapping.range());
    } else if (const Mapping* theirs =
                   parent == nullptr ? nullptr : parent->space.find(mapping.range().start);
               theirs != nullptr && theirs->replayed) {
      mapping.replayed = theirs->replayed->slice(mapping.range());
      mapping.replayed->prot = protection_in_replay(mapping);
      mapping.replayed->range = mapping.range();
    } else {
      BYGONE_ASSIGN(mapping.replayed, materialiser_.replayed_half(mapping));
    }
    space.ends.emplace(mapping.end_event, mapping.range().start);
    BYGONE_TRY(space.space.adopt(std::move(mapping)));
  }
  return {};
}

void ReplaySession::adopt_limits(ReplayedTask& task, const FullFrame& frame) {
  if (!frame.registers || is_error(frame.frame.result.value_or(-1))) return;
  const Registers& call = *frame.registers;
  Address limit;
  Tid whose = task.tid;
  if (frame.frame.call == SYS_setrlimit && call.argument(0) == RLIMIT_STACK)
    limit = Address{call.argument(1)};
  if (frame.frame.call == SYS_prlimit64 && call.argument(1) == RLIMIT_STACK) {
    limit = Address{call.argument(2)};
    if (call.argument(0) != 0) whose = Tid{int32_t(call.argument(0))};
  }
  uint64_t soft = 0;
  if (!limit || !task.space->memory.read_value(limit, soft)) return;
  const auto owner = tasks_.find(whose);
  if (owner == tasks_.end()) return;
  // Threads have one limit; here each of them is a process.
  for (const auto& [tid, other] : tasks_)
    if (other.tgid == owner->second.tgid) set_stack_limit(other.pid, soft);
}

Expected<void> ReplaySession::move_mapping(ReplayedTask& task, const FullFrame& frame) {
  const Registers& call = *frame.registers;
  const uint64_t old_start = call.argument(0);
  const uint64_t old_size = page_ceil(Address{call.argument(1)}).value;
  const uint64_t new_size = page_ceil(Address{call.argument(2)}).value;
  const uint64_t to = uint64_t(*frame.frame.result);
  if (to == old_start) return {};  // grown or shrunk in place: rows say it all
  if (MemoryRange{Address{to}, page_ceil(Address{to + new_size})}.intersects(kOwnPages) ||
      MemoryRange{Address{old_start}, page_ceil(Address{old_start + old_size})}.intersects(kOwnPages))
    return diverged(place_of(frame.frame),
                    "it moves memory over bygone's own pages, which no recorder lets happen");
  TraceeMemory& memory = task.space->memory;
  std::vector<RemoteCall> calls = {
      {SYS_mremap,
       {old_start, old_size, new_size, (call.argument(3) & MREMAP_DONTUNMAP) | MREMAP_MAYMOVE | MREMAP_FIXED,
        to}}};
  if (materialiser_.run(task.pid, memory, calls, "mremap")) return {};
  // One mapping there is several here (anonymous memory that grew in steps): carried over by hand.
  std::vector<std::byte> bytes(std::min(old_size, new_size));
  const Mapping* old = task.space->space.find(Address{old_start});
  if (old == nullptr || !memory.read(Address{old_start}, bytes))
    return diverged(place_of(frame.frame),
                    fmt::format("what is to be moved from 0x{:x} cannot be read", old_start));
  const bool stays = (call.argument(3) & MREMAP_DONTUNMAP) != 0;
  calls = {
      {SYS_mmap,
       {to, new_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, ~uint64_t{0}, 0}}};
  if (stays)
    calls.push_back({SYS_madvise, {old_start, old_size, MADV_DONTNEED}});
  else
    calls.push_back({SYS_munmap, {old_start, old_size}});
  BYGONE_TRY(materialiser_.run(task.pid, memory, calls, "moving memory"));
  memory.write(Address{to}, bytes);
  if (old->recorded.prot.prot_bits() == (PROT_READ | PROT_WRITE)) return {};
  calls = {{SYS_mprotect, {to, new_size, uint64_t(old->recorded.prot.prot_bits())}}};
  return materialiser_.run(task.pid, memory, calls, "moving memory");
}

// The kernel takes what it moves out of memory first, copies of private mappings too (ext4_collapse_range(),
// fs/ext4/extents.c); where the bytes have gone to is written down.
Expected<void> ReplaySession::cut_files(const FullFrame& frame) {
  std::set<AddressSpaceId> seen;
  for (const auto& [tid, task] : tasks_) {
    if (!task.space || !seen.insert(task.space->space.id()).second) continue;
    BYGONE_ASSIGN(const auto begun, recording_.mappings_begun(task.space->space.id(), frame.frame.event));
    for (const Mapping& mapping : begun) BYGONE_TRY(files_.resize(mapping, frame.registers->argument(2)));
  }
  return {};
}

Expected<void> ReplaySession::copy_populated(ReplayedTask& task, const FullFrame& frame) {
  const MemoryRange range = populated_by(frame);
  if (range.empty()) return {};
  std::vector<RemoteCall> calls;
  for (const auto& [start, mapping] : task.space->space.mappings()) {
    const MemoryRange part = mapping.range().intersect(range);
    const bool is_copied =
        mapping.data.source == DataSource::content && !mapping.is_shared() && mapping.recorded.prot.write;
    if (is_copied && !part.empty())
      calls.push_back({SYS_madvise, {part.start.value, part.size_bytes(), MADV_POPULATE_WRITE}});
  }
  if (calls.empty()) return {};
  // Each goes as far as its file does, and older kernels (before Linux 5.14) know nothing of it.
  std::vector<siginfo_t> ignored;
  return run_remote_calls(task.pid, task.space->memory, calls, ignored);
}

Expected<void> ReplaySession::before_mapping_changes(ReplayedTask& task, const FullFrame& frame,
                                                     MemoryRange& punched) {
  const int64_t result = frame.frame.result.value_or(-1);
  const Registers& call = *frame.registers;
  switch (frame.frame.call.value_or(-1)) {
    case SYS_mmap:
      // Whatever was there is replaced, also where the rows before and after look the same.
      if (!is_error(result))
        punched = {Address{uint64_t(result)}, page_ceil(Address{uint64_t(result) + call.argument(1)})};
      return {};
    case SYS_remap_file_pages: {
      const Address start = page_floor(Address{call.argument(0)});
      if (!is_error(result)) punched = {start, page_floor(start + call.argument(1))};
      return {};
    }
    case SYS_fallocate:
      return is_error(result) || !moves_bytes(int(call.argument(1))) ? Expected<void>{} : cut_files(frame);
    case SYS_mremap:
      return is_error(result) ? Expected<void>{} : move_mapping(task, frame);
    case SYS_munmap: {
      // Executed too, since it may hit what no row tells of: a stack that grew since the last event.
      if (is_error(result)) return {};
      std::vector<RemoteCall> calls;
      const Address start{call.argument(0)};
      for (const MemoryRange& part : beside_own_pages({start, page_ceil(start + call.argument(1))}))
        calls.push_back({SYS_munmap, {part.start.value, part.size_bytes()}});
      return materialiser_.run(task.pid, task.space->memory, calls, "munmap");
    }
    case SYS_modify_ldt:
    case SYS_set_thread_area: {
      // Descriptors live in the kernel, and the program loads segments with them.
      constexpr uint64_t kRead = 0, kReadDefault = 2;
      const bool reads = frame.frame.call == SYS_modify_ldt &&
                         (call.argument(0) == kRead || call.argument(0) == kReadDefault);
      if (is_error(result) || reads) return {};
      std::vector<RemoteCall> calls = {
          {uint64_t(*frame.frame.call), {call.argument(0), call.argument(1), call.argument(2)}}};
      return materialiser_.run(task.pid, task.space->memory, calls, "setting a segment");
    }
    case SYS_madvise: {
      if ((is_error(result) && result != -ENOMEM) || !changes_memory(call.argument(2))) return {};
      has_advice_ = has_advice_ || lasts(call.argument(2));
      const uint64_t advice = call.argument(2) == MADV_FREE ? uint64_t{MADV_DONTNEED} : call.argument(2);
      const Address start{call.argument(0)};
      const MemoryRange range{start, page_ceil(start + call.argument(1))};
      std::vector<RemoteCall> calls;
      for (const MemoryRange& part : beside_own_pages(range))
        calls.push_back({SYS_madvise, {part.start.value, part.size_bytes(), advice}});
      const auto done = materialiser_.run(task.pid, task.space->memory, calls, "madvise");
      // Over a hole the call does its work and says that there is one.
      return is_error(result) ? Expected<void>{} : done;
    }
    default:
      return {};
  }
}

// Calls that unmap what ended and does not live on in a row that began.
void ReplaySession::unmap_ended(const MappingChange& change, std::vector<RemoteCall>& calls) {
  for (const Mapping& mapping : change.ended) {
    if (mapping.kind == MappingKind::bygone) continue;
    Address from = mapping.range().start;
    for (const Mapping& begun : change.begun) {  // by address
      if (!begun.data.kept || !begun.range().intersects(mapping.range())) continue;
      const MemoryRange kept = begun.range().intersect(mapping.range());
      if (from < kept.start) calls.push_back({SYS_munmap, {from.value, kept.start - from}});
      from = kept.end;
    }
    if (from < mapping.range().end) calls.push_back({SYS_munmap, {from.value, mapping.range().end - from}});
  }
}

// A mapping that goes on: pages that were there may get another protection, pages that were not are made.
void ReplaySession::carry_on(const ReplayedTask& task, const Mapping& mapping, MemoryRange punched,
                             std::vector<RemoteCall>& calls, std::vector<Part>& parts) {
  const AddressSpace& before = task.space->space;
  const bool moved = static_cast<bool>(mapping.data.moved_from);
  for (Address from = mapping.range().start; from < mapping.range().end;) {
    const Address looked_up = moved ? mapping.data.moved_from + (from - mapping.range().start) : from;
    const Mapping* const old = before.find(looked_up);
    const bool replaced = !moved && punched.contains(from);
    Address end = mapping.range().end;
    if (replaced) {
      end = std::min(end, punched.end);
    } else if (old != nullptr) {
      end = std::min(end, from + (old->range().end - looked_up));
      if (!moved && punched.start > from) end = std::min(end, punched.start);
      if (old->recorded.prot != mapping.recorded.prot)
        calls.push_back(
            {SYS_mprotect, {from.value, end - from, uint64_t(mapping.recorded.prot.prot_bits())}});
      from = end;
      continue;
    } else if (!moved) {
      const auto next = before.mappings().upper_bound(from);
      if (next != before.mappings().end()) end = std::min(end, next->first);
    }
    MemoryRange fresh{from, end};
    if ((mapping.recorded.flags & MAP_GROWSDOWN) != 0) {
      // The stack grows here too when the program touches it; only what the kernel touched is missing.
      while (!fresh.empty()) {
        const auto grown = find_mapping(task.pid, fresh.end - kPageSize);
        if (!grown) break;
        const Address bottom = std::max(fresh.start, grown->range.start);
        if (grown->prot != mapping.recorded.prot)
          calls.push_back({SYS_mprotect,
                           {bottom.value, fresh.end - bottom, uint64_t(mapping.recorded.prot.prot_bits())}});
        fresh.end = bottom;
      }
    }
    if (!fresh.empty()) parts.push_back({&mapping, fresh});
    from = end;
  }
}

// A file mapped shared for the first time, or again after nobody mapped it, starts from the content its row
// names.
Expected<void> ReplaySession::renew_shared_file(const Mapping& mapping) {
  const KernelMapping& file = mapping.recorded;
  if (file.inode == 0 || mapping.data.source != DataSource::content) return {};
  bool is_followed = false;
  for (const auto& [tid, task] : tasks_) {
    if (!task.space) continue;
    for (const auto& [start, other] : task.space->space.mappings()) {
      if (other.recorded.inode != file.inode || other.recorded.device != file.device) continue;
      if (other.is_shared()) return {};
      is_followed = true;
    }
  }
  // What private mappings have not copied yet follows it.
  if (is_followed) return files_.rewrite_shared(mapping);
  files_.forget_shared(file.device, file.inode);
  return {};
}

// Processes that share a file see it grow and shrink by whoever's call.
Expected<void> ReplaySession::apply_changes_elsewhere(const ReplayedTask& task, EventNumber event) {
  for (auto& [tid, other] : tasks_) {
    if (!other.space || other.space == task.space) continue;
    ReplayedSpace& where = *other.space;
    const bool begins =
        where.next_begin < where.begin_events.size() && where.begin_events[where.next_begin] <= event;
    if (begins) BYGONE_TRY(apply_mapping_changes(other, event, {}));
  }
  return {};
}

// Reads only the rows that began since, and moves `changed_at` there.
Expected<ReplaySession::MappingChange> ReplaySession::change_at(ReplayedSpace& where, EventNumber event) {
  MappingChange change;
  BYGONE_ASSIGN(change.begun, recording_.mappings_begun_since(where.space.id(), where.changed_at, event));
  const auto last = where.ends.upper_bound(event);
  for (auto it = where.ends.begin(); it != last; ++it)
    if (const Mapping* const mapping = where.space.find(it->second)) change.ended.push_back(*mapping);
  where.ends.erase(where.ends.begin(), last);
  where.changed_at = event;
  return change;
}

Expected<void> ReplaySession::apply_mapping_changes(ReplayedTask& task, EventNumber event,
                                                    MemoryRange punched) {
  ReplayedSpace& where = *task.space;
  bool begins = false;
  for (; where.next_begin < where.begin_events.size() && where.begin_events[where.next_begin] <= event;
       ++where.next_begin)
    begins = true;
  const bool ends = !where.ends.empty() && where.ends.begin()->first <= event;
  if (!begins && !ends && punched.empty()) return {};

  BYGONE_ASSIGN(MappingChange change, change_at(where, event));
  std::vector<RemoteCall> calls;
  std::vector<Part> parts;
  unmap_ended(change, calls);
  for (Mapping& mapping : change.begun) {
    if (mapping.kind == MappingKind::bygone) {
      const auto found = find_mapping(task.pid, mapping.range().start);
      if (found) mapping.replayed = found->slice(mapping.range());
    } else if (mapping.data.kept) {
      BYGONE_TRY(files_.resize(mapping, mapping.recorded.file_stat.size_bytes));
      carry_on(task, mapping, punched, calls, parts);
    } else {
      BYGONE_TRY(renew_shared_file(mapping));
      parts.push_back({&mapping, mapping.range()});
    }
  }
  BYGONE_TRY(materialiser_.run(task.pid, where.memory, calls, "changing mappings"));
  BYGONE_TRY(materialiser_.make(task.pid, where.memory, parts));
  if (!calls.empty() || !parts.empty()) task.registers_set = false;
  for (Mapping& mapping : change.begun)
    if (!mapping.replayed && mapping.data.kept) mapping.replayed = carried_half(where.space, mapping);
  for (const Mapping& mapping : change.ended) where.space.forget(mapping.range().start);
  for (Mapping& mapping : change.begun) {
    if (!mapping.replayed) {
      BYGONE_ASSIGN(mapping.replayed, materialiser_.replayed_half(mapping));
    }
    where.ends.emplace(mapping.end_event, mapping.range().start);
    BYGONE_TRY(where.space.adopt(std::move(mapping)));
  }
  return {};
}

}  // namespace bygone
