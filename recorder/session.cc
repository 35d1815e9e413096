#include "recorder/session.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>

#include "recorder/kinship.h"
#include "recorder/signal_action.h"
#include "recorder/wait_limit.h"
#include "tracee/call_result.h"
#include "tracee/extended_state.h"
#include "tracee/memory_digest.h"
#include "tracee/timestamp_trap.h"

namespace bygone {

namespace {

constexpr uint64_t kProofInterval = 512;  // events between digests of all writable memory
constexpr auto kHeartbeat = std::chrono::milliseconds(250);

}  // namespace

RecordedSpace::~RecordedSpace() {
  if (statm >= 0) close(statm);
}

Session::Session(const RecordOptions& options, RecordSink& sink, const cpu_set_t& processors)
    : options_(options),
      sink_(sink),
      processors_(processors),
      replaces_timestamps_(options.timestamp_trap == TimestampTrap::ud2 || !processor_traps_timestamps()),
      log_(sink),
      files_(sink),
      pacer_(options.snapshots, SnapshotPacer::Clock::now()),
      snapshots_(sink, PageId{1}),
      files_change_after_ns_((int64_t(time(nullptr)) - kFreshFileSeconds) * 1'000'000'000) {}

Session::~Session() {
  // Only after an error: nobody is left behind.
  if (stop_ != nullptr && !tasks_.empty()) {
    log_.report({ErrorKind::internal, "recording", "is over", ""});
    let_go();
  }
  for (auto& [tid, task] : tasks_) kill(tid, SIGKILL);
  while (!tasks_.empty()) {
    const auto stop = wait_for(-1, Waiting::block);
    if (!stop && errno == EINTR) continue;
    if (!stop) break;
    if (stop->kind == Stop::Kind::exited)
      forget(stop->tid);
    else
      resume(stop->tid, Resume::run);
  }
}

RecordedTask* Session::find(pid_t tid) {
  const auto it = tasks_.find(tid);
  return it == tasks_.end() ? nullptr : it->second.get();
}

void Session::begin_waiting(pid_t first) {
  first_tid_ = first;
  let_alarms_interrupt();
  heartbeat_ = Heartbeat::start(kHeartbeat);
  sink_.on_trouble([process = getpid(), thread = gettid()] { tgkill(process, thread, SIGALRM); });
}

bool Session::must_end() {
  return log_.check().has_value() || (stop_ != nullptr && stop_->is_there());
}

Expected<RecordOutcome> Session::run(pid_t first, PassedSignals& passed) {
  passed_ = &passed;
  begin_waiting(first);
  return finish(record(first));
}

Expected<RecordOutcome> Session::run_attached(pid_t process, StopRequest& stop) {
  stop_ = &stop;
  begin_waiting(process);
  auto recorded = attach_to(process);
  stop.begin_time();
  if (recorded) recorded = loop();
  const bool detaches = recorded && !tasks_.empty() && !log_.check();
  if (detaches) log_.row(HeaderEntry{"outcome", "detached"});
  auto outcome = finish(recorded);
  if (tasks_.empty()) return outcome;
  // From here on nothing is written any more, whatever else stops on the way.
  log_.report({ErrorKind::internal, "recording", "is over", ""});
  let_go();
  if (outcome) outcome->detached = detaches;
  return outcome;
}

Expected<RecordOutcome> Session::finish(const Expected<void>& recorded) {
  outcome_.events = log_.events();
  if (recorded && !log_.failure()) {
    for (const auto& [key, call] : uncaptured_) log_.row(call);
    log_.close();
  }
  // An error of another kind may be the store's in disguise: a file that could not be kept.
  if (const auto& failure = log_.check()) return on_store_failure(*failure);
  if (spun_out_) return on_spin();
  if (!recorded) return tl::unexpected(recorded.error());
  return outcome_;
}

Expected<void> Session::record(pid_t first) {
  RecordedTask& task = add_task(first, first, Tid{0}, nullptr, "");
  task.filters = SeccompFilters::of(first);
  note_numbers(task);
  task.in_call = true;
  task.entry.registers = {};
  const uint64_t ignored = signals_ignored_by(first);
  for (const int signal : FaultActions::kSignals)
    if ((ignored & signal_bit(signal)) != 0)
      task.fault_actions->find(signal)->handler = FaultActions::kIgnore;
  BYGONE_TRY(on_exec_event(task, first));
  return loop();
}

Expected<RecordOutcome> Session::on_store_failure(const Error& failure) {
  if (options_.on_store_failure == OnStoreFailure::kill) return tl::unexpected(failure);
  outcome_.store_failure = failure;
  warn(failure.message() + (tasks_.empty() ? "" : "; the program is let go and runs on unrecorded"));
  let_go();
  return outcome_;
}

Expected<RecordOutcome> Session::on_spin() {
  if (options_.on_spin == OnSpin::kill) return tl::unexpected(*spun_out_);
  outcome_.spun_out = spun_out_;
  warn(spun_out_->message() + "; the program is let go and runs on unrecorded");
  let_go();
  return outcome_;
}

Expected<void> Session::loop() {
  while (!tasks_.empty()) {
    if (must_end()) return {};
    if (tasks_.size() > 1) {
      if (std::exchange(may_have_woken_, false)) await_woken();
      collect_stops();
    }
    BYGONE_TRY(attend_computing());
    if (spun_out_) return {};
    BYGONE_TRY(snapshot_if_due());
    RecordedTask* task = choose();
    if (task == nullptr) {
      if (const auto stop = wait_for_anyone()) {
        file_stop(*stop);
      } else if (errno == EINTR) {
        let_faults_sleep();
      } else if (errno == ECHILD) {
        // Killed while it was held, and reaped with the call that held it.
        BYGONE_TRY(on_gone(*tasks_.begin()->second, SIGKILL));
      }
      continue;
    }
    if (task->pending) {
      const Stop stop = *task->pending;
      task->pending.reset();
      BYGONE_TRY(handle(*task, stop));
    } else {
      BYGONE_TRY(run_user_code(*task));
    }
  }
  return {};
}

std::optional<Stop> Session::wait_for_anyone() {
  if (computing_ == 0) return wait_for(-1, Waiting::block);
  const WaitLimit limit(kLongComputationUs);
  return wait_for(-1, Waiting::block);
}

void Session::collect_stops() {
  while (const auto stop = wait_for(-1, Waiting::no_wait)) file_stop(*stop);
  // Whoever was woken from a fault runs user code again.
  for (auto& [tid, task] : tasks_) {
    if (!task->sleeps_in_fault || task->pending || task_state(task->tgid, tid) == 'S') continue;
    task->sleeps_in_fault = false;
    task->computing = true;
    ++computing_;
  }
}

// A page fault that somebody else serves (userfaultfd(2)) is no computation, though the task was in user
// code.
void Session::let_faults_sleep() {
  for (auto& [tid, task] : tasks_) {
    if (!task->computing || task_state(task->tgid, tid) != 'S') continue;
    task->sleeps_in_fault = true;
    task->computing = false;
    --computing_;
  }
}

void Session::file_stop(const Stop& stop) {
  ++outcome_.ptrace_stops;
  RecordedTask* const task = find(stop.tid);
  if (task == nullptr) {
    early_stops_[stop.tid] = stop;
    return;
  }
  task->pending = stop;
  task->sleeps_in_fault = false;
  if (std::exchange(task->computing, false)) --computing_;
}

Expected<void> Session::handle(RecordedTask& task, const Stop& stop) {
  const ActingAs theirs(task.user, task.group);
  task.job_stopped = task.sleeps_in_vfork = false;
  let_signals_in(task);
  const bool ends =
      stop.kind == Stop::Kind::exited || (stop.kind == Stop::Kind::event && stop.event == PTRACE_EVENT_EXIT);
  if (const auto victim = dying_.find(task.tgid);
      victim != dying_.end() && !ends && victim->second == task.tid)
    dying_.erase(victim);  // it survived: the first process of a pid namespace
  switch (stop.kind) {
    case Stop::Kind::exited:
      return on_gone(task, stop.wait_status);
    case Stop::Kind::system_call:
      return task.in_call ? on_exit(task) : on_entry(task);
    case Stop::Kind::signal:
      return on_signal(task, stop.signal);
    case Stop::Kind::group_stop:
      if (!stop_in_group(task, stop)) stay_in_group_stop(task);
      return {};
    case Stop::Kind::trap:
      return stop_listening(task) ? Expected<void>{} : end_job_stop(task);
    case Stop::Kind::event:
      return handle_event(task, stop);
  }
  return {};
}

Expected<void> Session::handle_event(RecordedTask& task, const Stop& stop) {
  switch (stop.event) {
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
    case PTRACE_EVENT_CLONE:
      return on_new_task(task, stop);
    case PTRACE_EVENT_EXEC: {
      uint64_t former = 0;
      if (get_event_message(task.tid, former) == Outcome::gone) return {};
      return on_exec_event(task, pid_t(former));
    }
    case PTRACE_EVENT_EXIT:
      return on_exit_event(task);
    case PTRACE_EVENT_SECCOMP:
      return on_filter_stop(task);
    default:
      resume(task.tid, Resume::to_system_call);
      return {};
  }
}

void Session::lose_turn(RecordedTask& task) {
  if (task.lost_turn || !task.in_call) return;
  task.lost_turn = true;
  if (task.end_told) return;  // a filter asks somebody whether it may end
  // What the call has written already: a lock the kernel manages is marked as waited for before the task
  // sleeps.
  capture_ranges(task, written_by(task.entry, kRestartSys, task.space->memory).ranges);
  task.writes_at_return = !may_be_written_by(task.entry, task.space->memory, task.space->space).empty();
  // A stack that has grown. What the call does to mappings comes with its return.
  const CallClass call_class = task.row != nullptr ? task.row->call_class : CallClass::address_space;
  if (task.space && (call_class == CallClass::plain || call_class == CallClass::signal_return)) {
    if (const auto followed = follow_kernel(task); !followed) log_.report(followed.error());
    log_.mapping_changes(task.space->space);
  }
  log_.frame(FrameKind::enter, Tid{task.tid}, int32_t(task.registers[Register::orig_rax]), std::nullopt,
             &task.registers);
  ++turn_frames_;
}

Expected<void> Session::go_into_call(RecordedTask& task) {
  task.state = RecordedTask::State::away;
  const bool short_call =
      !any_call_may_block_ && (task.forced_result || (task.row != nullptr && !task.may_block &&
                                                      task.row->call_class != CallClass::task));
  // A snapshot may be taken while it sleeps there; nobody can be asked then.
  const bool makes_task = task.row != nullptr && task.row->call_class == CallClass::task;
  if (!short_call && (tasks_.size() > 1 || makes_task) && options_.snapshots.wanted)
    get_extended_state(task.tid, task.extended_state);
  keep_ignored_signals_out(task);
  if (resume(task.tid, Resume::to_system_call) == Outcome::gone) return {};
  // What it computed before the call is in no frame yet: nobody else may run before the call has ended or is
  // told of.
  if (short_call || tasks_.size() == 1) {
    for (;;) {
      const auto stop = wait_for(task.tid, Waiting::block);
      if (stop) return handle_at_once(task, *stop);
      if (errno != EINTR || tasks_.size() == 1 || must_end()) return {};
      if (!is_asleep(task)) continue;
      // In a page fault, a file system, a lease that somebody of the program serves: it will do so again.
      any_call_may_block_ = true;
      break;
    }
  }
  while (!short_call && !others_can_run(task)) {
    const auto stop = wait_for_anyone();
    if (!stop && (errno == ECHILD || must_end())) return {};
    if (stop && stop->tid == task.tid) return handle_at_once(task, *stop);
    if (stop) file_stop(*stop);
    if (!stop && computing_ > 0) break;  // whoever computes is to be looked after
  }
  // Others could run: it keeps its turn only as long as the kernel is really working for it.
  for (bool asleep = false;; sched_yield()) {
    if (const auto stop = wait_for(task.tid, Waiting::no_wait)) return handle_at_once(task, *stop);
    if (asleep) break;  // and was not stopping just then
    asleep = is_asleep(task);
  }
  lose_turn(task);
  return {};
}

Expected<void> Session::handle_at_once(RecordedTask& task, const Stop& stop) {
  ++outcome_.ptrace_stops;
  task.sleeps_in_fault = false;
  return handle(task, stop);
}

bool Session::is_asleep(const RecordedTask& task) {
  return task_state(task.tgid, task.tid) != 'R';
}

Expected<void> Session::complete(RecordedTask& task, FrameKind kind, std::optional<int32_t> call,
                                 std::optional<int64_t> result) {
  const EventNumber event = log_.next();
  let_signals_in(task);
  if (task.space) {
    BYGONE_TRY(follow_kernel(task));
    // What is written down with a `preempt` frame is what its place is told by.
    if (maps_devices_ && kind != FrameKind::preempt) capture_device_memory(task);
    log_.mapping_changes(task.space->space);
    if (options_.checking == Checking::everything && !log_.failure()) BYGONE_TRY(prove(task, event));
  }
  if (!writing_last_.empty() && kind != FrameKind::preempt) capture_last_writes();
  log_.frame(kind, Tid{task.tid}, call, result, &task.registers);
  ++turn_frames_;
  task.in_user_code = false;
  if (kind == FrameKind::syscall)
    task.call_returned = call != SYS_rt_sigreturn;
  else if (kind == FrameKind::altered || kind == FrameKind::attach)
    task.call_returned = restarts_call(task.registers);
  else if (kind != FrameKind::signal || !task.signal_at_return)
    task.call_returned = false;
  return {};
}

LeftOut Session::left_out(const RecordedTask& task) const {
  LeftOut left_out;
  left_out.add_former_stacks(task.space->space);
  left_out.opens_files = !files_.are_watched();
  for (const auto& [tid, other] : tasks_) {
    if (other->space != task.space) continue;
    left_out.add_stack_pointer(task.space->space, Address{other->registers[Register::rsp]});
    if (other->in_call) left_out.add_call(other->entry, task.space->memory, task.space->space);
  }
  return left_out;
}

Expected<void> Session::prove(RecordedTask& task, EventNumber event) {
  // A call in flight may be writing, or mapping, right now; what it does belongs to a later event. So does
  // what a computation has done.
  bool others_in_kernel = false;
  bool sharers_in_kernel = false;
  for (const auto& [tid, other] : tasks_) {
    const bool ran_on = other->in_user_code && other->pending;
    const bool moves = other->in_call || other->computing || other->sleeps_in_fault || ran_on ||
                       other->state == RecordedTask::State::leaving;
    if (other.get() == &task || !moves) continue;
    others_in_kernel = true;
    if (other->space == task.space) sharers_in_kernel = true;
  }
  if (sharers_in_kernel) return {};
  auto same = task.space->proof.compare(task.tid, task.space->space, Half::recorded);
  if (!same) {
    if (same.error().kind != ErrorKind::divergence) return {};  // killed meanwhile
    same.error().object = fmt::format("event {}, task {}, {}", event.value, task.tid, same.error().object);
    return same;
  }
  if (event < next_proof_) return {};
  next_proof_ = EventNumber{event.value + kProofInterval};
  const auto scope = others_in_kernel ? DigestScope::private_only : DigestScope::private_and_shared;
  for (const MemoryDigest& digest :
       digest_writable(event, task.space->space, task.tid, task.space->memory, scope, left_out(task)))
    log_.row(digest);
  return {};
}

}  // namespace bygone
