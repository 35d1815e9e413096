#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cstring>

#include "replayer/replay_session.h"
#include "tracee/proc_maps.h"
#include "tracee/syscall_table.h"

namespace bygone {

namespace {

bool is_error(int64_t result) {
  return result < 0 && result >= -4095;
}

// Advice that changes what memory holds, or what a child gets of it; the rest only concerns speed.
bool changes_memory(uint64_t advice) {
  constexpr uint64_t kDontNeedLocked = 24, kGuardInstall = 102, kGuardRemove = 103;
  switch (advice) {
    case MADV_DONTNEED:
    case MADV_FREE:
    case MADV_REMOVE:
    case MADV_DONTFORK:
    case MADV_DOFORK:
    case MADV_WIPEONFORK:
    case MADV_KEEPONFORK:
    case kDontNeedLocked:
    case kGuardInstall:
    case kGuardRemove:
      return true;
    default:
      return false;
  }
}

void set_stack_limit(pid_t pid, uint64_t limit_bytes) {
  rlimit limit{};
  if (prlimit(pid, RLIMIT_STACK, nullptr, &limit) != 0) return;
  limit.rlim_cur = std::min<rlim_t>(limit_bytes, limit.rlim_max);
  prlimit(pid, RLIMIT_STACK, &limit, nullptr);
}

}  // namespace

std::shared_ptr<ReplayedSpace> ReplaySession::make_space(AddressSpaceId id, pid_t pid, EventNumber event) {
  auto space = std::make_shared<ReplayedSpace>(id, pid);
  space->users.insert(pid);
  auto events = recording_.mapping_begin_events(id, EventNumber{event.value + 1}, recording_.last_event());
  if (events) space->begin_events = std::move(*events);
  if (const auto row = space_rows_.find(id); row != space_rows_.end())
    set_stack_limit(pid, row->second.stack_limit_bytes);
  return space;
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
      mapping.replayed->prot = mapping.recorded.prot;
      mapping.replayed->range = mapping.range();
    } else {
      BYGONE_ASSIGN(mapping.replayed, materialiser_.replayed_half(mapping));
    }
    space.end_events.insert(mapping.end_event);
    BYGONE_TRY(space.space.adopt(std::move(mapping)));
  }
  return {};
}

void ReplaySession::adopt_limits(ReplayedTask& task, const FullFrame& frame) {
  if (!frame.registers || is_error(frame.frame.result.value_or(-1))) return;
  const Registers& call = *frame.registers;
  Address limit;
  if (frame.frame.call == SYS_setrlimit && call.argument(0) == RLIMIT_STACK)
    limit = Address{call.argument(1)};
  if (frame.frame.call == SYS_prlimit64 && call.argument(1) == RLIMIT_STACK)
    limit = Address{call.argument(2)};
  uint64_t soft = 0;
  if (!limit || !task.space->memory.read_value(limit, soft)) return;
  set_stack_limit(task.pid, soft);
}

Expected<void> ReplaySession::move_mapping(ReplayedTask& task, const FullFrame& frame) {
  const Registers& call = *frame.registers;
  const uint64_t old_start = call.argument(0);
  const uint64_t old_size = page_ceil(Address{call.argument(1)}).value;
  const uint64_t new_size = page_ceil(Address{call.argument(2)}).value;
  const uint64_t to = uint64_t(*frame.frame.result);
  if (to == old_start) return {};  // grown or shrunk in place: rows say it all
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
    case SYS_mremap:
      return is_error(result) ? Expected<void>{} : move_mapping(task, frame);
    case SYS_madvise: {
      if ((is_error(result) && result != -ENOMEM) || !changes_memory(call.argument(2))) return {};
      const uint64_t advice = call.argument(2) == MADV_FREE ? uint64_t{MADV_DONTNEED} : call.argument(2);
      std::vector<RemoteCall> calls = {{SYS_madvise, {call.argument(0), call.argument(1), advice}}};
      const auto done = materialiser_.run(task.pid, task.space->memory, calls, "madvise");
      return calls[0].result == result ? Expected<void>{} : done;
    }
    default:
      return {};
  }
}

Expected<void> ReplaySession::apply_mapping_changes(ReplayedTask& task, EventNumber event,
                                                    MemoryRange punched) {
  ReplayedSpace& where = *task.space;
  while (where.next_begin < where.begin_events.size() && where.begin_events[where.next_begin] < event)
    ++where.next_begin;
  const bool begins =
      where.next_begin < where.begin_events.size() && where.begin_events[where.next_begin] == event;
  const bool ends = where.end_events.contains(event);
  if (!begins && !ends && punched.empty()) return {};

  BYGONE_ASSIGN(const std::vector<Mapping> now, recording_.mappings_at(where.space.id(), event));
  std::set<MappingId> live;
  std::vector<Mapping> begun;
  for (const Mapping& mapping : now) {
    live.insert(mapping.id);
    if (mapping.first_event == event) begun.push_back(mapping);
  }
  std::vector<Mapping> ended;
  for (const auto& [start, mapping] : where.space.mappings())
    if (!live.contains(mapping.id)) ended.push_back(mapping);

  std::vector<RemoteCall> calls;
  std::vector<Part> parts;
  // What was mapped before and is the same memory afterwards.
  auto covered_by_kept = [&](MemoryRange range) {
    std::vector<MemoryRange> kept;
    for (const Mapping& mapping : begun)
      if (mapping.data.kept && mapping.range().intersects(range))
        kept.push_back(mapping.range().intersect(range));
    return kept;
  };
  for (const Mapping& mapping : ended) {
    if (mapping.kind == MappingKind::bygone) continue;
    Address from = mapping.range().start;
    for (const MemoryRange& kept : covered_by_kept(mapping.range())) {
      if (from < kept.start) calls.push_back({SYS_munmap, {from.value, kept.start - from}});
      from = kept.end;
    }
    if (from < mapping.range().end) calls.push_back({SYS_munmap, {from.value, mapping.range().end - from}});
  }
  for (Mapping& mapping : begun) {
    if (mapping.kind == MappingKind::bygone) {
      const auto found = find_mapping(task.pid, mapping.range().start);
      if (found) mapping.replayed = found->slice(mapping.range());
      continue;
    }
    if (!mapping.data.kept) {
      if (mapping.recorded.prot.shared && mapping.recorded.inode != 0) {
        const bool mapped_elsewhere = std::any_of(tasks_.begin(), tasks_.end(), [&](const auto& t) {
          if (!t.second.space) return false;
          const auto& all = t.second.space->space.mappings();
          return std::any_of(all.begin(), all.end(), [&](const auto& m) {
            const KernelMapping& other = m.second.recorded;
            return other.prot.shared && other.inode == mapping.recorded.inode &&
                   other.device == mapping.recorded.device;
          });
        });
        if (!mapped_elsewhere && mapping.data.source == DataSource::content)
          files_.forget_shared(mapping.recorded.device, mapping.recorded.inode);
      }
      parts.push_back({&mapping, mapping.range()});
      continue;
    }
    BYGONE_TRY(files_.resize(mapping));
    // Pages that were there: their protection may be new. Pages that were not: made.
    for (Address from = mapping.range().start; from < mapping.range().end;) {
      const bool moved = static_cast<bool>(mapping.data.moved_from);
      const Address looked_up = moved ? mapping.data.moved_from + (from - mapping.range().start) : from;
      const Mapping* old = where.space.find(looked_up);
      const bool is_punched = !moved && punched.contains(from);
      if (old != nullptr && !is_punched) {
        Address end = from + (old->range().end - looked_up);
        if (!moved && !punched.empty() && punched.start > from) end = std::min(end, punched.start);
        end = std::min(end, mapping.range().end);
        if (old->recorded.prot != mapping.recorded.prot)
          calls.push_back(
              {SYS_mprotect, {from.value, end - from, uint64_t(mapping.recorded.prot.prot_bits())}});
        from = end;
        continue;
      }
      Address end = mapping.range().end;
      if (is_punched) {
        end = std::min(end, punched.end);
      } else if (!moved) {
        const auto next = where.space.mappings().upper_bound(from);
        if (next != where.space.mappings().end()) end = std::min(end, next->first);
      }
      MemoryRange fresh{from, end};
      if ((mapping.recorded.flags & MAP_GROWSDOWN) != 0) {
        // The stack grows here too when the program touches it; only what the kernel touched is missing.
        for (Address page = fresh.start; page < fresh.end; page = page + kPageSize) {
          const auto grown = find_mapping(task.pid, page);
          if (!grown) continue;
          fresh.end = page;
          break;
        }
      }
      if (!fresh.empty()) parts.push_back({&mapping, fresh});
      from = end;
    }
  }
  BYGONE_TRY(materialiser_.run(task.pid, where.memory, calls, "changing mappings"));
  BYGONE_TRY(materialiser_.make(task.pid, where.memory, parts));
  if (!calls.empty() || !parts.empty()) task.registers_set = false;
  for (const Mapping& mapping : ended) where.space.forget(mapping.id);
  for (Mapping& mapping : begun) {
    if (!mapping.replayed) {
      BYGONE_ASSIGN(mapping.replayed, materialiser_.replayed_half(mapping));
    }
    where.end_events.insert(mapping.end_event);
    BYGONE_TRY(where.space.adopt(std::move(mapping)));
  }
  return {};
}

}  // namespace bygone
