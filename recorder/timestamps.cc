#include <sys/prctl.h>
#include <sys/syscall.h>
#include <x86intrin.h>

#include <algorithm>
#include <cerrno>

#include "recorder/session.h"
#include "recorder/signal_action.h"
#include "tracee/remote_calls.h"

namespace bygone {

namespace {

template <class Visit>  // (Address, TimestampInstruction)
void for_each_site(const Mapping& mapping, std::span<const TimestampSite> sites, Visit&& visit) {
  for (const TimestampSite& site : sites) {
    if (site.offset_bytes < mapping.data.offset_bytes) continue;
    const Address at = mapping.range().start + (site.offset_bytes - mapping.data.offset_bytes);
    if (at + size_of(site.instruction) <= mapping.range().end) visit(at, site.instruction);
  }
}

bool holds(TraceeMemory& memory, Address at, std::span<const std::byte> code) {
  std::byte found[3];
  return memory.read(at, std::span(found).first(code.size())) && std::equal(code.begin(), code.end(), found);
}

}  // namespace

void Session::trap_timestamps(RecordedTask& task, const MemoryRange& range) {
  if (!replaces_timestamps_ || log_.failure()) return;  // nobody would be there for the trap
  TraceeMemory& memory = task.space->memory;
  for (const auto& [start, mapping] : task.space->space.mappings()) {
    const bool code = mapping.recorded.prot.execute && !mapping.recorded.prot.shared &&
                      mapping.data.source == DataSource::content && mapping.kind != MappingKind::vdso;
    if (!code || !mapping.range().intersects(range)) continue;
    for_each_site(mapping, files_.timestamp_sites(task.tid, mapping),
                  [&](Address at, TimestampInstruction which) {
                    if (holds(memory, at, bytes_of(which)) && memory.write(at, trap_for(which)))
                      log_.memory_write(Tid{task.tid}, at, trap_for(which));
                  });
  }
}

void Session::restore_timestamps(RecordedTask& task) {
  if (!task.space || !std::exchange(task.space->timestamps_trap, false)) return;
  TraceeMemory& memory = task.space->memory;
  memory.follow(task.tid);
  for (const auto& [start, mapping] : task.space->space.mappings()) {
    if (mapping.recorded.prot.shared || mapping.data.source != DataSource::content) continue;
    for_each_site(mapping, files_.known_timestamp_sites(mapping),
                  [&](Address at, TimestampInstruction which) {
                    if (holds(memory, at, trap_for(which))) memory.write(at, bytes_of(which));
                  });
  }
}

std::optional<TimestampInstruction> Session::trapped_timestamp(RecordedTask& task, const siginfo_t& info) {
  const Address at{task.registers[Register::rip]};
  if (info.si_signo == SIGSEGV && info.si_code == SI_KERNEL) {  // PR_SET_TSC
    std::byte code[3] = {};
    if (!task.space->memory.read(at, code) && !task.space->memory.read(at, std::span(code).first(2)))
      return std::nullopt;
    return timestamp_instruction(code);
  }
  if (info.si_signo != SIGILL || info.si_code != ILL_ILLOPN) return std::nullopt;
  const Mapping* const mapping = task.space->space.find(at);
  if (mapping == nullptr || mapping->data.source != DataSource::content) return std::nullopt;
  const uint64_t offset_bytes = mapping->data.offset_bytes + (at - mapping->range().start);
  const auto& sites = files_.timestamp_sites(task.tid, *mapping);
  const auto site = std::find_if(sites.begin(), sites.end(),
                                 [&](const TimestampSite& s) { return s.offset_bytes == offset_bytes; });
  if (site == sites.end()) return std::nullopt;
  const bool ours = holds(task.space->memory, at, trap_for(site->instruction));
  return ours ? std::optional(site->instruction) : std::nullopt;
}

int64_t Session::set_timestamp_mode(RecordedTask& task, uint64_t mode) {
  if (mode != PR_TSC_ENABLE && mode != PR_TSC_SIGSEGV) return -EINVAL;
  task.timestamps_fault = mode == PR_TSC_SIGSEGV;
  return 0;
}

Expected<void> Session::end_by_fault(RecordedTask& task, const siginfo_t& info) {
  log_signal(task, info, SignalPosition::fault, SignalAction::terminated);
  task.signal_at_return = false;
  BYGONE_TRY(complete(task, FrameKind::signal, info.si_signo, std::nullopt));
  Registers nowhere = task.registers;
  nowhere[Register::rip] = 0;
  set_registers(task.tid, nowhere);
  return wait_for_end(task);
}

bool Session::becomes_fault(RecordedTask& task, siginfo_t& info) {
  if (!task.timestamps_fault || !trapped_timestamp(task, info)) return false;
  info = {};
  info.si_signo = SIGSEGV;
  info.si_code = SI_KERNEL;
  set_siginfo(task.tid, info);
  return true;
}

// The old action may be written over the new one.
void Session::note_given_action(RecordedTask& task) {
  const Address at{task.registers.argument(1)};
  KernelAction action;
  if (at && task.registers.argument(1) == task.registers.argument(2) &&
      task.space->memory.read_value(at, action))
    task.given_action = action;
}

void Session::note_action(RecordedTask& task) {
  const Registers& call = task.entry.registers;
  const int signal = int(call.argument(0));
  KernelAction* const fault = task.fault_actions->find(signal);
  if (signal != SIGCHLD && fault == nullptr) return;
  KernelAction action;
  const Address at{call.argument(1)};
  if (!task.given_action && (!at || !task.space->memory.read_value(at, action))) return;
  if (task.given_action) action = *task.given_action;
  if (fault != nullptr)
    *fault = action;
  else if ((action.flags & SA_NOCLDSTOP) != 0)
    ignores_child_stops_.insert(task.tgid);
  else
    ignores_child_stops_.erase(task.tgid);
}

Expected<void> Session::give_back_fault_action(RecordedTask& task, int signal) {
  const KernelAction* const action = task.fault_actions->find(signal);
  if (action == nullptr) return {};
  const bool was_blocked = task.known_mask && (*task.known_mask & signal_bit(signal)) != 0;
  uint64_t mask = 0;
  if (was_blocked && get_signal_mask(task.tid, mask) == Outcome::done)
    set_signal_mask(task.tid, mask | signal_bit(signal));
  const bool may_be_lost = was_blocked || !task.known_mask || action->handler == FaultActions::kIgnore;
  if (!may_be_lost || action->handler == 0 || !has_default_action(task.tid, signal)) return {};
  RemoteCall call{SYS_rt_sigaction, {uint64_t(signal), kScratch.value, 0, sizeof action->mask}};
  if (!task.space->memory.write_value(kScratch, *action)) return {};
  BYGONE_TRY(make_calls(task, std::span(&call, 1)));
  if (call.result < 0)
    tell_uncaptured(
        SYS_rt_sigaction, "handler lost",
        fmt::format("task {} reads a timestamp where signal {} is blocked or ignored, and a filter keeps its "
                    "handler from being put back: the next one ends it",
                    task.tid, signal));
  return {};
}

bool Session::emulate_instruction(RecordedTask& task, const siginfo_t& info) {
  const auto instruction = trapped_timestamp(task, info);
  if (!instruction) return false;
  const uint64_t value = __rdtsc();
  task.registers[Register::rax] = uint32_t(value);
  task.registers[Register::rdx] = value >> 32;
  // TSC_AUX: processor 0 of node 0
  if (*instruction == TimestampInstruction::rdtscp) task.registers[Register::rcx] = 0;
  task.registers[Register::rip] += size_of(*instruction);
  set_registers(task.tid, task.registers);
  return true;
}

}  // namespace bygone
