#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>

#include "recorder/kinship.h"
#include "recorder/scoped_signal_mask.h"
#include "recorder/session.h"
#include "tracee/call_result.h"
#include "tracee/proc_maps.h"
#include "tracee/remote_calls.h"
#include "tracee/stub_image.h"

namespace bygone {

namespace {

bool installs_filter(const Registers& call) {
  const bool by_seccomp =
      call.argument(0) == SECCOMP_SET_MODE_FILTER || call.argument(0) == SECCOMP_SET_MODE_STRICT;
  return (call[Register::orig_rax] == SYS_seccomp && by_seccomp) ||
         (call[Register::orig_rax] == SYS_prctl && call.argument(0) == PR_SET_SECCOMP);
}

}  // namespace

void Session::note_filters(RecordedTask& task, int64_t result) {
  const Registers& call = task.entry.registers;
  if (!installs_filter(call)) return;
  const bool by_seccomp =
      call[Register::orig_rax] == SYS_seccomp && call.argument(0) == SECCOMP_SET_MODE_FILTER;
  const uint64_t flags = by_seccomp ? call.argument(1) : 0;
  const bool gives_listener = (flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) != 0;
  if (result > 0 && !gives_listener) return;  // a thread that cannot be synchronised with (seccomp(2))
  task.filters = SeccompFilters::after(call, task.space->memory, task.filters);
  if ((flags & SECCOMP_FILTER_FLAG_TSYNC) != 0)
    for (const auto& [tid, other] : tasks_)
      if (other->tgid == task.tgid) other->filters = task.filters;
  filters_may_feign_ = filters_may_feign_ || task.filters->may_ask();
  if (gives_listener) any_call_may_block_ = true;
}

// A filter may answer a call that is not made with what looks like success (kernel/seccomp.c).
bool Session::was_kept_out(const RecordedTask& task, int64_t result) const {
  const bool may_be = task.answer_of_filters != SeccompFilters::Answer::is_made;
  if (!may_be || task.forced_result || is_error(result)) return false;
  if (task.answer_of_filters == SeccompFilters::Answer::is_kept_out) return true;
  const Registers& call = task.entry.registers;
  // SECCOMP_RET_TRAP and SECCOMP_RET_KILL put all registers back to what they were.
  if (uint64_t(result) == call[Register::orig_rax] &&
      (signals_pending_for(task.tid) & signal_bit(SIGSYS)) != 0)
    return true;
  if (!filters_may_feign_) return false;
  switch (call[Register::orig_rax]) {
    case SYS_mmap:
    case SYS_mremap:
    case SYS_shmat:
      return !find_mapping(task.tid, Address{uint64_t(result)});
    case SYS_munmap: {
      const MemoryRange range{Address{call.argument(0)}, Address{call.argument(0) + call.argument(1)}};
      const auto kernel = read_maps(task.tid);
      return kernel && std::any_of(kernel->begin(), kernel->end(), [&](const KernelMapping& mapping) {
               return mapping.range.intersects(range) && !kOwnPages.contains(mapping.range);
             });
    }
    default:
      return false;
  }
}

void Session::note_answer_of_supervisor(const RecordedTask& task) {
  const Registers& call = task.registers;
  seccomp_notif_resp given{};
  if (uint32_t(call.argument(1)) == SECCOMP_IOCTL_NOTIF_SEND &&
      task.space->memory.read_value(Address{call.argument(2)}, given))
    supervisors_interrupt_ = supervisors_interrupt_ || is_restart(given.error != 0 ? given.error : given.val);
}

// Without a signal nobody looks whether the result asks for the call to begin again: the program sees it.
Expected<void> Session::keep_answer_of_supervisor(RecordedTask& task) {
  const bool may_be = task.answer_of_filters == SeccompFilters::Answer::is_kept_out ||
                      (supervisors_interrupt_ && task.answer_of_filters != SeccompFilters::Answer::is_made);
  if (!may_be || signals_waiting_for(task.tid) != 0) return {};
  keep_result(task);
  return complete(task, FrameKind::altered, std::nullopt, std::nullopt);
}

void Session::keep_result(RecordedTask& task) {
  task.registers[Register::orig_rax] = ~uint64_t{0};
  set_registers(task.tid, task.registers);
}

Registers Session::without_call(const RecordedTask& task) {
  Registers none = task.registers;
  none[Register::orig_rax] = ~uint64_t{0};
  return task.filters ? task.filters->harmless(none).value_or(none) : none;
}

WhenTracerDies Session::when_we_die(const RecordedTask& task) {
  return attachment_of(task) != nullptr ? WhenTracerDies::run_on : WhenTracerDies::is_killed;
}

Expected<void> Session::make_calls(const RecordedTask& task, std::span<RemoteCall> calls,
                                   std::vector<siginfo_t>& arrived) {
  TraceeMemory& memory = task.space->memory;
  const SuspendedFilters suspended(task.tid, task.filters, when_we_die(task));
  if (!task.filters || suspended.are_suspended()) return run_remote_calls(task.tid, memory, calls, arrived);
  for (RemoteCall& call : calls) {
    Registers asked = with_arguments({}, call);
    asked[Register::orig_rax] = call.number;
    asked[Register::rip] = stub_call().value;
    call.result = -EPERM;
    if (task.filters->answer(asked) == SeccompFilters::Answer::is_kept_out) continue;
    BYGONE_TRY(run_remote_calls(task.tid, memory, std::span(&call, 1), arrived));
  }
  return {};
}

Expected<void> Session::make_calls(RecordedTask& task, std::span<RemoteCall> calls) {
  std::vector<siginfo_t> arrived;
  const auto made = make_calls(task, calls, arrived);
  for (const siginfo_t& info : arrived) hold_signal(task, info);
  return made;
}

}  // namespace bygone
