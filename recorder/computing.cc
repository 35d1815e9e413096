#include <cerrno>

#include "recorder/session.h"
#include "recorder/wait_limit.h"

namespace bygone {

namespace {

constexpr int kSpinReportWaits = 500;
constexpr int kPreemptionPatience =
    5;  // how many waits (kLongComputationUs) before it is stopped in the middle

// A computation without calls is stopped for a snapshot after so many; where that does not work it is tried
// again after twice as many.
constexpr int kFirstSnapshotAttempt = 100;

int waits_since(std::chrono::steady_clock::time_point then) {
  return int((std::chrono::steady_clock::now() - then) / std::chrono::microseconds(kLongComputationUs));
}

}  // namespace

bool Session::sharers_wait(const RecordedTask& task) const {
  return std::any_of(tasks_.begin(), tasks_.end(), [&](const auto& t) {
    const RecordedTask& other = *t.second;
    const bool waits = other.pending || other.state == RecordedTask::State::ready;
    return &other != &task && waits && share_memory(other, task);
  });
}

void Session::enter_user_code(RecordedTask& task) {
  if (std::exchange(task.in_user_code, true)) return;
  if (uint64_t mask = 0; !task.known_mask && get_signal_mask(task.tid, mask) == Outcome::done)
    task.known_mask = task.own_mask.value_or(mask);
  task.computes_since = std::chrono::steady_clock::now();
  task.next_attempt = kPreemptionPatience;
  task.next_snapshot_attempt = kFirstSnapshotAttempt;
  task.told_of_spin = false;
}

Expected<void> Session::run_user_code(RecordedTask& task) {
  if (log_.failure()) return {};
  if (task.traced.place != Traced::Place::nowhere) return go_on_from_stop(task);
  if (stop_here(task)) return {};
  if (is_stepped(task)) return step_for_tracer(task);
  if (std::exchange(task.signals_due, false) && !task.held_signals.empty()) send_held_signal(task);
  enter_user_code(task);
  task.state = RecordedTask::State::away;
  if (resume(task.tid, Resume::to_system_call) == Outcome::gone) return {};
  return follow_user_code(task);
}

Expected<void> Session::follow_user_code(RecordedTask& task) {
  if (tasks_.size() == 1 && task.held_signals.empty()) {
    const auto stop = wait_for(task.tid, Waiting::block);
    if (!stop && must_end()) return {};  // it will turn up
    if (stop) {
      ++outcome_.ptrace_stops;
      if (!put_aside(task, *stop)) return handle(task, *stop);
      if (resume(task.tid, Resume::to_system_call) == Outcome::gone) return {};
    }
  }
  task.computing = true;  // whoever shares its memory waits
  ++computing_;
  for (;;) {
    // Somebody waits for the task, or for its signal: its computation is not waited for without limit.
    const bool others = others_can_run(task);
    const bool wanted = is_wanted(task);
    std::optional<Stop> stop;
    if (others || wanted) {
      const WaitLimit limit(kLongComputationUs);
      stop = wait_for(others ? task.tid : -1, Waiting::block);
    } else {
      stop = wait_for(-1, Waiting::block);
      if (!stop && (errno == ECHILD || must_end())) return {};
    }
    if (stop) file_stop(*stop);
    if (task.pending) {
      const Stop own = *task.pending;
      task.pending.reset();
      if (!put_aside(task, own)) return handle(task, own);
      if (resume(task.tid, Resume::to_system_call) == Outcome::gone) return {};
      task.computing = true;
      ++computing_;
    }
    // By the clock: signals and stops of others may end every wait before its limit.
    const int waited = waits_since(task.computes_since);
    const bool looked_for = others || wanted || snapshot_waits_for(task);
    if (!looked_for || waited < 2) continue;
    let_faults_sleep();
    if (!task.computing) return {};
    // Left to itself, with others running beside it; its stop is filed when it comes.
    BYGONE_TRY(attend(task));
    if (!task.computing || others || spun_out_ || must_end()) return {};
  }
}

bool Session::is_wanted(const RecordedTask& task) const {
  return !task.held_signals.empty() || task.traced.interrupt_due || sharers_wait(task);
}

Expected<void> Session::attend_computing() {
  if (computing_ == 0) return {};
  std::vector<pid_t> computing;
  for (const auto& [tid, task] : tasks_)
    if (task->computing) computing.push_back(tid);
  for (const pid_t tid : computing) {
    RecordedTask* const task = find(tid);
    if (task != nullptr && task->computing) BYGONE_TRY(attend(*task));
  }
  return {};
}

// Stops it in the middle, if such a place can be found.
Expected<void> Session::attend(RecordedTask& task) {
  if (!is_wanted(task)) return snapshot_waits_for(task) ? preempt_for_snapshot(task) : Expected<void>{};
  const int waited = waits_since(task.computes_since);
  if (waited >= task.next_attempt) {
    let_faults_sleep();
    if (!task.computing) return {};
    BYGONE_TRY(try_preemption(task));
    if (!task.computing) return {};
    task.next_attempt = waits_since(task.computes_since) + kPreemptionPatience;
  }
  const int64_t waited_us = waited * kLongComputationUs;
  const bool spun_out = options_.spin_limit_s > 0 && waited_us >= options_.spin_limit_s * 1'000'000;
  if (!spun_out && waited < kSpinReportWaits) return {};
  if (!std::exchange(task.told_of_spin, true))
    warn(
        fmt::format("task {} has computed for {} s without a system call, {}, while {} waits for "
                    "it, and cannot be interrupted so that a replay would find the place; {}",
                    task.tid, waited_us / 1'000'000, where_it_computes(task),
                    task.held_signals.empty() ? "another task" : "a signal",
                    options_.spin_limit_s > 0 ? "the recording ends there at --spin-limit"
                                              : "if it never ends, kill it, or see --spin-limit"));
  if (spun_out)
    spun_out_ =
        Error{ErrorKind::unavailable, fmt::format("task {}", task.tid),
              fmt::format("computes {}, and cannot be interrupted so that a replay would find the place",
                          where_it_computes(task)),
              ""};
  return {};
}

bool Session::snapshot_waits_for(const RecordedTask& task) {
  return waits_since(task.computes_since) >= task.next_snapshot_attempt &&
         snapshot_is_due(SnapshotPacer::Clock::now());
}

Expected<void> Session::preempt_for_snapshot(RecordedTask& task) {
  BYGONE_TRY(try_preemption(task));
  if (task.computing) task.next_snapshot_attempt = 2 * waits_since(task.computes_since);
  return {};
}

std::string Session::where_it_computes(RecordedTask& task) {
  auto stop = stop_computation(task);
  Registers here;
  if (!stop || get_registers(task.tid, here) == Outcome::gone) return "somewhere";
  go_on_computing(stop, task);
  const Address at{here[Register::rip]};
  const Mapping* const code = task.space ? task.space->space.find(at) : nullptr;
  if (code == nullptr || code->recorded.path.empty()) return fmt::format("at 0x{:x}", at.value);
  return fmt::format("at 0x{:x} ({}+0x{:x})", at.value, code->recorded.path,
                     code->recorded.offset_bytes + (at - code->range().start));
}

}  // namespace bygone
