#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "recorder/session.h"
#include "recorder/wait_limit.h"
#include "tracee/breakpoint.h"
#include "tracee/memory_digest.h"

namespace bygone {

namespace {

// A task that waits in a loop for somebody to change its memory comes by the same place in the same state
// over and over. Such a place a replay finds at its first visit; any other would have to be counted to.
constexpr int kMostVisits = 64;
constexpr int64_t kVisitsUs = 20'000;

Registers as_landmark(Registers registers) {
  registers[Register::orig_rax] = ~uint64_t{0};
  registers[Register::eflags] &= ~kResumeFlag;
  return registers;
}

}  // namespace

Expected<void> Session::try_preemption(RecordedTask& task) {
  if (ptrace(PTRACE_INTERRUPT, task.tid, nullptr, nullptr) != 0) return {};
  // Whatever else stops it meanwhile is handled as ever; the interruption is then a trap of no meaning.
  auto stop = wait_for(task.tid, Waiting::block);
  if (!stop) return {};
  Registers here;
  if (stop->kind != Stop::Kind::trap || get_registers(task.tid, here) == Outcome::gone) {
    file_stop(*stop);
    return {};
  }
  ++outcome_.ptrace_stops;
  here = as_landmark(here);
  const Address place{here[Register::rip]};
  uint64_t digest = 0;
  bool have_digest = false;
  if (!set_breakpoint(task.tid, place)) return {};
  for (int visit = 0; visit < kMostVisits; ++visit) {
    if (resume(task.tid, Resume::to_system_call) == Outcome::gone) return {};
    {
      const WaitLimit limit(kVisitsUs);
      stop = wait_for(task.tid, Waiting::block);
    }
    if (!stop) {  // it does not come by here any more: goes on computing, unstopped
      if (ptrace(PTRACE_INTERRUPT, task.tid, nullptr, nullptr) != 0) return {};
      while (!(stop = wait_for(task.tid, Waiting::block))) {
      }
    }
    ++outcome_.ptrace_stops;
    siginfo_t info;
    const bool signal = stop->kind == Stop::Kind::signal && get_siginfo(task.tid, info) == Outcome::done;
    if (signal && !raised_by_instruction(info)) {
      hold_signal(task, info);
      continue;
    }
    if (!signal || !at_breakpoint(task.tid)) {
      clear_breakpoint(task.tid);
      if (stop->kind == Stop::Kind::trap)
        resume(task.tid, Resume::to_system_call);
      else
        file_stop(*stop);
      return {};
    }
    Registers now;
    if (get_registers(task.tid, now) == Outcome::gone) return {};
    if (as_landmark(now) != here) {
      here = as_landmark(now);
      have_digest = false;
      continue;
    }
    const uint64_t digest_now =
        digest_all_writable(task.space->space, task.tid, task.space->memory, kNoDeadMemory);
    if (have_digest && digest_now == digest) {
      clear_breakpoint(task.tid);
      return finish_preemption(task, here);
    }
    digest = digest_now;
    have_digest = true;
  }
  clear_breakpoint(task.tid);
  resume(task.tid, Resume::to_system_call);
  return {};
}

Expected<void> Session::finish_preemption(RecordedTask& task, const Registers& at) {
  if (std::exchange(task.computing, false)) --computing_;
  task.registers = at;
  task.state = RecordedTask::State::ready;
  BYGONE_TRY(follow_kernel(task));
  const uint64_t digest =
      digest_all_writable(task.space->space, task.tid, task.space->memory, dead_below(*task.space));
  BYGONE_TRY(complete(task, FrameKind::preempt, std::nullopt, int64_t(digest)));
  yielded_ = true;
  if (task.held_signals.empty()) return {};
  // The signal was taken from it before; sent again it arrives at once.
  task.reinjecting = true;
  const siginfo_t& held = task.held_signals.front();
  syscall(SYS_tgkill, task.tgid, task.tid, held.si_signo);
  return {};
}

}  // namespace bygone
