#include <linux/sched.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "replayer/replay_session.h"
#include "schema/enum_names.h"
#include "tracee/call_result.h"
#include "tracee/stack_limit.h"
#include "tracee/syscall_table.h"

namespace bygone {

namespace {

constexpr uint64_t kNotImplemented = uint64_t(-ENOSYS);  // what rax holds while a call is being entered

tl::unexpected<Error> no_registers(const Place& place) {
  return fail(ErrorKind::bad_data, fmt::format("event {}", place.event.value),
              "has no registers stored with it",
              "the recording is damaged: `bygone verify` says how far it can be used");
}

// At its entry a call has the registers it returns with, but for its result.
Registers entry_registers(const Registers& at_exit) {
  Registers at_entry = at_exit;
  at_entry[Register::rax] = kNotImplemented;
  return at_entry;
}

Expected<void> compare_call(const Place& place, int expected, const Registers& at_entry) {
  const int64_t found = int64_t(at_entry[Register::orig_rax]);
  if (found == expected) return {};
  return diverged(place,
                  fmt::format("expected the call {}, found {}", call_name(expected), call_name(found)));
}

}  // namespace

Expected<void> ReplaySession::step(FullFrame& frame) {
  const Place place = place_of(frame.frame);
  switch (frame.frame.kind) {
    case FrameKind::exec:
      return on_exec(frame);
    case FrameKind::start:
      return on_start(frame);
    default:
      break;
  }
  BYGONE_ASSIGN(ReplayedTask* const task, find(place));
  const bool needs_registers = frame.frame.kind != FrameKind::exit;
  if (needs_registers && !frame.registers) return no_registers(place);
  switch (frame.frame.kind) {
    case FrameKind::syscall:
      BYGONE_TRY(on_call(*task, frame));
      break;
    case FrameKind::enter:
      BYGONE_TRY(on_enter(*task, frame));
      break;
    case FrameKind::clone:
      BYGONE_TRY(on_clone(*task, frame));
      break;
    case FrameKind::signal:
      BYGONE_TRY(on_signal(*task, frame));
      break;
    case FrameKind::handler:
      BYGONE_TRY(on_handler(*task, frame));
      break;
    case FrameKind::instruction:
      BYGONE_TRY(on_instruction(*task, frame));
      break;
    case FrameKind::preempt:
      BYGONE_TRY(on_preempt(*task, frame));
      break;
    case FrameKind::altered:
      BYGONE_TRY(on_altered(*task, frame));
      break;
    case FrameKind::step:
      BYGONE_TRY(on_step(*task, frame));
      break;
    case FrameKind::exit:
      return on_exit(*task, frame);
    default:
      return fail(ErrorKind::bad_data, fmt::format("event {}", place.event.value),
                  fmt::format("is of a kind this version cannot replay ({})", enum_name(frame.frame.kind)),
                  "use a newer bygone");
  }
  return prove(*task, place);
}

Expected<void> ReplaySession::on_enter(ReplayedTask& task, FullFrame& frame) {
  const Place place = place_of(frame.frame);
  Registers found;
  BYGONE_TRY(run_to_call(task, place, found));
  BYGONE_TRY(compare_call(place, frame.frame.call.value_or(-1), found));
  BYGONE_TRY(compare_registers(place, *frame.registers, found));
  task.registers = found;
  task.at_entry = true;
  BYGONE_TRY(apply_mapping_changes(task, frame.frame.event, {}));
  return apply_writes(frame);
}

Expected<void> ReplaySession::on_call(ReplayedTask& task, FullFrame& frame) {
  const Place place = place_of(frame.frame);
  const Registers& after = *frame.registers;
  const int call = frame.frame.call.value_or(-1);
  if (!task.at_entry) {
    Registers found;
    BYGONE_TRY(run_to_call(task, place, found));
    BYGONE_TRY(compare_call(place, call, found));
    RegisterMask changed_by_call = 0;
    if (call == SYS_arch_prctl)  // clears the selector, too
      changed_by_call = mask_of(Register::fs_base) | mask_of(Register::gs_base) | mask_of(Register::fs) |
                        mask_of(Register::gs);
    BYGONE_TRY(compare_registers(place, entry_registers(after), found, changed_by_call));
  } else {
    BYGONE_TRY(compare_call(place, call, task.registers));
  }
  if (frame.frame.result && uint64_t(*frame.frame.result) != after[Register::rax])
    return diverged(place, fmt::format("its result: expected {}, found 0x{:x} in register rax",
                                       *frame.frame.result, after[Register::rax]));
  task.at_entry = false;
  adopt_limits(task, frame);
  MemoryRange punched;
  BYGONE_TRY(before_mapping_changes(task, frame, punched));
  BYGONE_TRY(apply_mapping_changes(task, frame.frame.event, punched));
  BYGONE_TRY(apply_changes_elsewhere(task, frame.frame.event));
  BYGONE_TRY(show_output(task, frame));
  BYGONE_TRY(apply_writes(frame));
  BYGONE_TRY(copy_populated(task, frame));
  BYGONE_TRY(set_state(task, frame.frame.event, frame.extended_state));
  set_going_on_with(task, after);
  task.call_returned = call != SYS_rt_sigreturn;
  return {};
}

Expected<void> ReplaySession::on_exec(FullFrame& frame) {
  const Place place = place_of(frame.frame);
  if (!frame.registers) return no_registers(place);
  auto it = tasks_.find(place.task);
  if (it == tasks_.end() && tasks_.empty()) {
    BYGONE_ASSIGN(const pid_t pid, processes_.make());
    ReplayedTask first;
    first.tid = first.tgid = first_task_ = place.task;
    first.pid = pid;
    it = tasks_.emplace(place.task, std::move(first)).first;
  } else {
    if (it == tasks_.end()) {
      // A thread executed the program and took over the tid of its leader, which is gone.
      it = std::find_if(tasks_.begin(), tasks_.end(),
                        [&](const auto& t) { return t.second.tgid == place.task; });
      if (it == tasks_.end()) return tl::unexpected(find(place).error());
      auto node = tasks_.extract(it);
      node.key() = place.task;
      node.mapped().tid = place.task;
      it = tasks_.insert(std::move(node)).position;
    }
    // The stub's pages are gone for a moment; memory of others that share the old address space is not
    // touched.
    TraceeMemory memory(it->second.pid);
    // The program's own limit may be too low for the stub: its arguments lie elsewhere on the page.
    set_stack_limit(it->second.pid, RLIM_INFINITY);
    BYGONE_TRY(exec_stub(it->second.pid, memory, kStubDescriptor));
    leave_space(it->second);
  }
  ReplayedTask& task = it->second;
  BYGONE_ASSIGN(const AddressSpaceId id, recording_.address_space_of(place.task, place.event));
  task.space = make_space(id, task.pid, place.event);
  adopt_limits(task, frame);
  BYGONE_TRY(materialiser_.clear(task.pid, task.space->memory));
  BYGONE_TRY(adopt_mappings(*task.space, place.event, nullptr));
  std::vector<Part> parts;
  for (const auto& [start, mapping] : task.space->space.mappings())
    parts.push_back({&mapping, mapping.range()});
  BYGONE_TRY(materialiser_.make(task.pid, task.space->memory, parts));
  BYGONE_TRY(apply_writes(frame));
  set_going_on_with(task, *frame.registers);
  task.at_entry = false;
  task.call_returned = false;
  return prove(task, place);
}

Expected<pid_t> ReplaySession::clone_process(ReplayedTask& task, Memory memory, const Place& place) {
  // All processes are the replayer's own children, threads too: they end one by one, as the recording says.
  const uint64_t flags = uint64_t(CLONE_PARENT) | (memory == Memory::shared ? uint64_t(CLONE_VM) : 0);
  std::vector<RemoteCall> calls = {{SYS_clone, {flags, 0, 0, 0, 0}}};
  BYGONE_TRY(materialiser_.run(task.pid, task.space->memory, calls, "making a task"));
  const pid_t pid = pid_t(calls[0].result);
  std::optional<Stop> stop;
  while (!stop || stop->kind != Stop::Kind::trap) {
    stop = wait_for(pid, Waiting::block);
    if (stop && stop->kind == Stop::Kind::exited)
      return diverged(place, "the process made for it was killed from outside");
  }
  task.registers_set = false;
  return pid;
}

Expected<void> ReplaySession::on_clone(ReplayedTask& task, FullFrame& frame) {
  const Place place = place_of(frame.frame);
  if (!task.at_entry) {
    Registers found;
    BYGONE_TRY(run_to_call(task, place, found));
    BYGONE_TRY(compare_registers(place, *frame.registers, found));
    task.registers = found;
    task.at_entry = true;
  }
  if (place.event == recording_.last_event()) {
    bool goes_on = false;
    if (options_.extent == ReplayExtent::follow) {
      BYGONE_ASSIGN(goes_on, wait_for_more(place.event));
    }
    // Where the recording ends here nothing of the new task is known, and nobody will ask for it.
    if (!goes_on) {
      BYGONE_TRY(apply_mapping_changes(task, place.event, {}));
      return apply_writes(frame);
    }
  }
  const Tid child{int32_t(frame.frame.result.value_or(0))};
  BYGONE_ASSIGN(const AddressSpaceId theirs,
                recording_.address_space_of(child, EventNumber{place.event.value + 1}));
  const bool shares_memory = theirs == task.space->space.id();
  BYGONE_ASSIGN(const pid_t pid, clone_process(task, shares_memory ? Memory::shared : Memory::copied, place));
  made_[child] = pid;
  makers_[child] = task.tid;
  BYGONE_TRY(apply_mapping_changes(task, place.event, {}));
  return apply_writes(frame);
}

// Some rings of the kernel's are not inherited (VM_DONTCOPY); here they are ordinary memory.
Expected<void> ReplaySession::leave_devices(ReplayedTask& child, const AddressSpace& of_maker) {
  std::vector<RemoteCall> calls;
  for (const auto& [start, mapping] : of_maker.mappings())
    if (mapping.kind == MappingKind::device && child.space->space.find(start) == nullptr)
      calls.push_back({SYS_munmap, {start.value, mapping.range().size_bytes()}});
  return materialiser_.run(child.pid, child.space->memory, calls,
                           "leaving out what a child does not inherit");
}

Expected<void> ReplaySession::on_start(FullFrame& frame) {
  const Place place = place_of(frame.frame);
  if (!frame.registers) return no_registers(place);
  const auto made = made_.find(place.task);
  const auto maker = tasks_.find(makers_[place.task]);
  if (made == made_.end() || maker == tasks_.end()) return tl::unexpected(find(place).error());
  ReplayedTask child;
  child.tid = place.task;
  const auto group = group_of_.find({place.task, place.event});
  child.tgid = group == group_of_.end() ? place.task : group->second;
  child.pid = made->second;
  made_.erase(made);
  BYGONE_ASSIGN(const AddressSpaceId id, recording_.address_space_of(place.task, place.event));
  ReplayedTask& task = tasks_[place.task] = std::move(child);
  if (id == maker->second.space->space.id()) {
    task.space = maker->second.space;
    task.space->users.insert(task.pid);
    BYGONE_TRY(apply_mapping_changes(task, place.event, {}));
  } else {
    task.space = make_space(id, task.pid, place.event);
    BYGONE_TRY(adopt_mappings(*task.space, place.event, maker->second.space.get()));
    BYGONE_TRY(leave_devices(task, maker->second.space->space));
  }
  set_going_on_with(task, *frame.registers);
  BYGONE_TRY(apply_writes(frame));
  return prove(task, place);
}

Expected<void> ReplaySession::on_signal(ReplayedTask& task, FullFrame& frame) {
  const Place place = place_of(frame.frame);
  if (!frame.signal)
    return fail(ErrorKind::bad_data, fmt::format("event {}", place.event.value),
                "has no signal stored with it",
                "the recording is damaged: `bygone verify` says how far it can be used");
  Registers found;
  switch (frame.signal->position) {
    case SignalPosition::fault:
      if (frame.signal->signal == SIGSYS && frame.signal->code == kSysUserDispatch) {
        BYGONE_TRY(run_to_call(task, place, found));  // nobody dispatches calls in a replay
        found[Register::rax] = found[Register::orig_rax];
        break;
      }
      if (const auto page = page_to_fault(task, frame))
        BYGONE_TRY(run_to_forced_fault(task, place, frame, *page, found));
      else
        BYGONE_TRY(run_to_fault(task, place, frame.signal->signal, found));
      break;
    case SignalPosition::call_exit:
      found = task.registers;
      break;
    case SignalPosition::call_entry:
      BYGONE_TRY(run_to_call(task, place, found));
      found[Register::rax] = found[Register::orig_rax];
      found[Register::orig_rax] = ~uint64_t{0};
      found[Register::rip] -= 2;
      break;
  }
  BYGONE_TRY(compare_registers(place, *frame.registers, found));
  if (frame.signal->position != SignalPosition::call_exit) {
    set_going_on_with(task, found);
    task.call_returned = false;
  }
  BYGONE_TRY(apply_mapping_changes(task, place.event, {}));
  return apply_writes(frame);
}

Expected<void> ReplaySession::on_handler(ReplayedTask& task, FullFrame& frame) {
  BYGONE_TRY(apply_mapping_changes(task, frame.frame.event, {}));
  BYGONE_TRY(apply_writes(frame));
  BYGONE_TRY(set_state(task, frame.frame.event, frame.extended_state));
  set_going_on_with(task, *frame.registers);
  task.call_returned = false;
  return {};
}

Expected<void> ReplaySession::on_instruction(ReplayedTask& task, FullFrame& frame) {
  const Place place = place_of(frame.frame);
  Registers found;
  BYGONE_TRY(run_to_timestamp(task, place, Address{(*frame.registers)[Register::rip]}, found));
  const uint64_t length = (*frame.registers)[Register::rip] - found[Register::rip];
  RegisterMask results = mask_of(Register::rax) | mask_of(Register::rdx);
  if (length == 3) results |= mask_of(Register::rcx);  // rdtscp
  if (length == 2 || length == 3) found[Register::rip] += length;
  BYGONE_TRY(compare_registers(place, *frame.registers, found, results));
  set_going_on_with(task, *frame.registers);
  task.call_returned = false;
  BYGONE_TRY(apply_mapping_changes(task, place.event, {}));
  return apply_writes(frame);
}

Expected<void> ReplaySession::on_altered(ReplayedTask& task, FullFrame& frame) {
  BYGONE_TRY(apply_mapping_changes(task, frame.frame.event, {}));
  BYGONE_TRY(apply_writes(frame));
  BYGONE_TRY(set_state(task, frame.frame.event, frame.extended_state));
  // Whether it stands at a call's entry is as it was.
  task.call_returned = restarts_call(*frame.registers);
  set_going_on_with(task, *frame.registers);
  return {};
}

Expected<void> ReplaySession::on_step(ReplayedTask& task, FullFrame& frame) {
  const Place place = place_of(frame.frame);
  take_registers(task);
  BYGONE_TRY(step_over(task, place));
  Registers found;
  get_registers(task.pid, found);
  BYGONE_TRY(compare_registers(place, *frame.registers, found));
  set_going_on_with(task, found);
  task.call_returned = false;
  return apply_mapping_changes(task, place.event, {});
}

Expected<void> ReplaySession::on_exit(ReplayedTask& task, FullFrame& frame) {
  BYGONE_TRY(compare_digests(place_of(frame.frame)));
  if (task.tid == first_task_ && frame.frame.result) outcome_.wait_status = int(*frame.frame.result);
  const auto space = task.space;
  leave_space(task);
  end_process(task.pid);
  tasks_.erase(frame.frame.task);
  for (auto& [tid, other] : tasks_) {
    if (other.space != space) continue;
    BYGONE_TRY(apply_mapping_changes(other, frame.frame.event, {}));
    break;
  }
  return apply_writes(frame);
}

}  // namespace bygone
