#include <fmt/core.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "recorder/scoped_signal_mask.h"
#include "recorder/session.h"
#include "recorder/wait_limit.h"
#include "tracee/call_result.h"
#include "tracee/sleep_calls.h"

namespace bygone {

namespace {

constexpr std::chrono::seconds kPatience{2};  // before what cannot be let go is named
constexpr int64_t kLookAgainUs = 500'000;

bool is_stopped(pid_t tid) {
  Registers ignored;
  return get_registers(tid, ignored) == Outcome::done;
}

}  // namespace

void Session::let_go() {
  using Clock = std::chrono::steady_clock;
  const auto told_at = Clock::now() + kPatience;
  bool told = false;
  let_go_of_stopped();
  while (!tasks_.empty()) {
    const WaitLimit limit(kLookAgainUs);
    const auto stop = wait_for(-1, Waiting::block);
    if (!stop && errno == ECHILD) break;
    if (stop) file_stop(*stop);
    let_go_of_stopped();
    if (!told && Clock::now() >= told_at) {
      tell_what_holds_up();
      told = true;
    }
  }
  // Children of tasks that were killed before they could tell of them.
  for (const auto& [tid, stop] : early_stops_) ptrace(PTRACE_DETACH, tid, nullptr, nullptr);
  if (const auto first = early_stops_.find(first_tid_);
      first != early_stops_.end() && first->second.kind == Stop::Kind::exited)
    outcome_.wait_status = first->second.wait_status;
  int status = 0;
  pid_t ended = 0;
  do ended = waitpid(first_tid_, &status, 0);
  while (ended < 0 && errno == EINTR);
  if (ended == first_tid_) outcome_.wait_status = status;
}

void Session::tell_what_holds_up() const {
  for (const auto& [tid, task] : tasks_) {
    if (task->may_detach || task->state == RecordedTask::State::leaving) continue;
    const std::string name = fmt::format("task {} of process {}", tid, task->tgid);
    warn(task->sleeps_in_vfork
             ? name + " cannot be let go before its vfork(2) child executes a program or ends"
             : name + " has not stopped yet, and cannot be let go before that; a device may keep it");
  }
}

void Session::let_go_of_stopped() {
  // To handle one stop may bring tasks and stops forward: from the beginning each time.
  for (auto it = tasks_.begin(); it != tasks_.end();) {
    RecordedTask& task = *it->second;
    ++it;
    if (task.may_detach && !task.pending) continue;
    if (task.pending) {
      const Stop stop = *task.pending;
      task.pending.reset();
      let_go_from(task, &stop);
      it = tasks_.begin();
    } else if (is_stopped(task.tid)) {
      // It may have stopped just now, for a reason nobody has asked for yet.
      if (const auto stop = wait_for(task.tid, Waiting::no_wait))
        file_stop(*stop);
      else
        let_go_from(task, nullptr);
      it = tasks_.begin();
    } else if (task.state != RecordedTask::State::leaving) {
      // One that sleeps where nothing wakes it (vfork(2)) stops when that is over.
      ptrace(PTRACE_INTERRUPT, task.tid, nullptr, nullptr);
    }
  }
  detach_attached();
}

void Session::let_go_from(RecordedTask& task, const Stop* stop) {
  if (stop != nullptr && stop->kind == Stop::Kind::exited) {
    static_cast<void>(on_gone(task, stop->wait_status));
  } else if (stop != nullptr && stop->kind == Stop::Kind::event) {
    // Forks, execs and exits are followed to their end: what comes of them is to be let go too.
    if (!handle_event(task, *stop)) kill(task.tid, SIGKILL);
  } else if (undo_stop(task, stop)) {
    restore_timestamps(task);
    const bool alive = call_off_changes(task);
    task.may_detach = true;
    task.sleeps_in_vfork = false;
    // Together with all others of its process; but one of them may wait for this one.
    if (attachment_of(task) != nullptr && !holds_up_maker(task)) return;
    if (alive) queue_held_signals(task);
    detach(task);
  }
}

bool Session::holds_up_maker(const RecordedTask& task) const {
  const auto maker = tasks_.find(task.maker);
  return maker != tasks_.end() && maker->second->sleeps_in_vfork && maker->second->space == task.space;
}

// Gives the task the registers it would have here by itself, and keeps the signal it stopped for. False if it
// has to go on a little first.
bool Session::undo_stop(RecordedTask& task, const Stop* stop) {
  Registers now;
  if (get_registers(task.tid, now) == Outcome::gone) return true;
  let_signals_in(task);
  const bool at_call = stop != nullptr && stop->kind == Stop::Kind::system_call;
  const bool at_entry = is_at_call_entry(task.tid);
  // One that was looked at there already, and perhaps changed, has its own registers in `task`.
  if (!at_entry || !task.in_call) task.registers = now;
  if (!at_entry) come_back(task);
  if (!at_entry && task.in_call && begin_again_if_stopped(task.registers))
    set_registers(task.tid, task.registers);
  if (at_entry) {
    leave_call(task);
    if (task.sent_back) {
      task.in_call = false;
      resume(task.tid, Resume::to_system_call);
      return false;
    }
  } else if (task.in_call && !task.injecting && (task.forced_result || task.argument_replaced)) {
    if (!at_call) {
      resume(task.tid, Resume::to_system_call);
      return false;
    }
    give_back_arguments(task);
  }
  siginfo_t info;
  if (stop != nullptr && stop->kind == Stop::Kind::signal && get_siginfo(task.tid, info) == Outcome::done) {
    const bool comes_again = raised_by_instruction(info) && stop->signal != SIGTRAP;
    if (!is_carrier(task, info) && !comes_again) task.held_signals.push_back(info);
  }
  task.in_call = task.injecting = task.reinjecting = false;
  return true;
}

// False if the task was killed meanwhile.
bool Session::call_off_changes(RecordedTask& task) {
  const cpu_set_t& processors = own_processors(task);
  sched_setaffinity(task.tid, sizeof processors, &processors);
  if (task.policy_asked) {
    const sched_param asked{task.policy_asked->priority};
    sched_setscheduler(task.tid, task.policy_asked->policy, &asked);
  }
  if (!task.space) return true;
  TraceeMemory& memory = task.space->memory;
  memory.follow(task.tid);
  // Signals that come meanwhile stay pending, with all that is known of them, and reach the task when nobody
  // traces it any more. Threads that make calls for us are not to take them (ptrace(2), PTRACE_SETSIGMASK).
  const ScopedSignalMask held_back(task.tid, all_but_ours);
  std::vector<siginfo_t> arrived;
  const uint64_t mode = task.timestamps_fault ? PR_TSC_SIGSEGV : PR_TSC_ENABLE;
  RemoteCall clock{SYS_prctl, {PR_SET_TSC, mode}, 0};
  const bool alive = make_calls(task, std::span(&clock, 1), arrived).has_value();
  task.held_signals.insert(task.held_signals.end(), arrived.begin(), arrived.end());
  return alive;
}

// Signals that come meanwhile stay pending, with all that is known of them, and reach the task when nobody
// traces it any more.
void Session::queue_held_signals(RecordedTask& task) {
  if (!task.space) return;
  TraceeMemory& memory = task.space->memory;
  const ScopedSignalMask held_back(task.tid, all_but_ours);
  std::vector<siginfo_t> arrived;
  for (const siginfo_t& held : task.held_signals) {
    // Only a task itself may queue a signal that looks as if it came from the kernel (rt_tgsigqueueinfo(2)).
    RemoteCall queue{SYS_rt_tgsigqueueinfo,
                     {uint64_t(task.tgid), uint64_t(task.tid), uint64_t(held.si_signo), kScratch.value},
                     -1};
    if (memory.write_value(kScratch, held)) {
      const auto asked = make_calls(task, std::span(&queue, 1), arrived);
      if (!asked && asked.error().kind == ErrorKind::not_found) return;  // killed meanwhile
    }
    if (queue.result != 0) syscall(SYS_tgkill, task.tgid, task.tid, held.si_signo);
  }
}

void Session::detach(RecordedTask& task) {
  // One that is killed under us, as by a thread of its process that executes a program, has left its stop: it
  // stays until its end is reported, for which it stops once more.
  if (ptrace(PTRACE_DETACH, task.tid, nullptr, nullptr) != 0) return;
  if (task.computing) --computing_;
  if (task.space) task.space->users.erase(task.tid);
  forget(task.tid);
}

}  // namespace bygone
