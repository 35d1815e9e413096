#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "recorder/session.h"
#include "recorder/signal_action.h"
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

// A breakpoint's SIGTRAP takes a blocked or ignored one's handler away (kernel/signal.c, force_sig).
class TrapUnblocked {
 public:
  explicit TrapUnblocked(pid_t tid) : tid_(tid) {
    if (get_signal_mask(tid_, mask_) == Outcome::done && (mask_ & kTrap) != 0)
      changed_ = set_signal_mask(tid_, mask_ & ~kTrap) == Outcome::done;
  }
  ~TrapUnblocked() {
    if (changed_) set_signal_mask(tid_, mask_);
  }
  TrapUnblocked(const TrapUnblocked&) = delete;
  TrapUnblocked& operator=(const TrapUnblocked&) = delete;

 private:
  static constexpr uint64_t kTrap = uint64_t{1} << (SIGTRAP - 1);
  pid_t tid_;
  uint64_t mask_ = 0;
  bool changed_ = false;
};

}  // namespace

std::optional<Stop> Session::stop_computation(RecordedTask& task) {
  if (ptrace(PTRACE_INTERRUPT, task.tid, nullptr, nullptr) != 0) return std::nullopt;
  for (;;) {
    const auto stop = wait_for(task.tid, Waiting::block);
    if (!stop && errno == EINTR) continue;
    if (stop) ++outcome_.ptrace_stops;
    return stop;
  }
}

std::optional<Stop> Session::run_to_next_visit(RecordedTask& task, Breakpoint& breakpoint) {
  breakpoint.lift();
  Registers now;
  do {  // a signal may come before the step
    if (resume(task.tid, Resume::single_step) == Outcome::gone) return std::nullopt;
    std::optional<Stop> stop;
    while (!(stop = wait_for(task.tid, Waiting::block)) && errno == EINTR) {
    }
    if (!stop) return stop;
    ++outcome_.ptrace_stops;
    siginfo_t info;
    if (stop->kind == Stop::Kind::trap) continue;
    if (stop->kind != Stop::Kind::signal || get_siginfo(task.tid, info) == Outcome::gone) return stop;
    const bool stepped = info.si_signo == SIGTRAP && info.si_code == TRAP_TRACE;
    if (stepped) break;
    if (raised_by_instruction(info)) return stop;
    hold_signal(task, info);
  } while (get_registers(task.tid, now) == Outcome::done && now[Register::rip] == breakpoint.at().value);
  if (!breakpoint.plant_again() || resume(task.tid, Resume::to_system_call) == Outcome::gone)
    return std::nullopt;
  for (;;) {
    std::optional<Stop> stop;
    {
      const WaitLimit limit(kVisitsUs);
      stop = wait_for(task.tid, Waiting::block);
    }
    if (!stop) return stop_computation(task);  // it does not come by here any more
    ++outcome_.ptrace_stops;
    siginfo_t info;
    const bool sent = stop->kind == Stop::Kind::signal && get_siginfo(task.tid, info) == Outcome::done &&
                      !raised_by_instruction(info);
    if (!sent) return stop;
    hold_signal(task, info);
    if (resume(task.tid, Resume::to_system_call) == Outcome::gone) return std::nullopt;
  }
}

Expected<void> Session::try_preemption(RecordedTask& task) {
  // Whatever else stops it meanwhile is handled as ever; the interruption is then a trap of no meaning.
  auto stop = stop_computation(task);
  if (!stop) return {};
  Registers here;
  if (stop->kind != Stop::Kind::trap || get_registers(task.tid, here) == Outcome::gone) {
    file_stop(*stop);
    return {};
  }
  here = as_landmark(here);
  const Address place{here[Register::rip]};
  const Mapping* const code = task.space->space.find(place);
  const bool patchable = code != nullptr && !code->recorded.prot.shared &&
                         action_for(task.tid, SIGTRAP) != SignalAction::ignored;
  auto breakpoint = patchable ? Breakpoint::plant(task.space->memory, place) : std::nullopt;
  if (!breakpoint) {
    resume(task.tid, Resume::to_system_call);
    return {};
  }
  const TrapUnblocked unblocked(task.tid);
  uint64_t digest = 0;
  bool have_digest = false;
  for (int visit = 0; visit < kMostVisits; ++visit) {
    stop = run_to_next_visit(task, *breakpoint);
    if (!stop) return {};
    const bool arrived = stop->kind == Stop::Kind::signal && breakpoint->was_hit_by(task.tid);
    breakpoint->lift();
    if (!arrived) {
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
    if (have_digest && digest == digest_now) return finish_preemption(task, here);
    digest = digest_now;
    have_digest = true;
  }
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
