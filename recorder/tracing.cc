#include <linux/sched.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "recorder/kinship.h"
#include "recorder/scoped_signal_mask.h"
#include "recorder/session.h"
#include "recorder/signal_action.h"
#include "tracee/call_result.h"
#include "tracee/extended_state.h"

namespace bygone {

// Stops of tasks that are traced by tasks of the same recording. A stop is a task that is not set going; the
// frames say what its tracer made of it, so that a replay needs no tracing.

namespace {

constexpr int kChildStopped = -1001;  // si_code of the SIGCHLD we send in the kernel's place

siginfo_t signal_from(int signal, int code, pid_t pid, uid_t uid) {
  siginfo_t info{};
  info.si_signo = signal;
  info.si_code = code;
  info.si_pid = pid;
  info.si_uid = uid;
  return info;
}

}  // namespace

void Session::stop_for_tracer(RecordedTask& task, Traced::Place place, int status,
                              std::optional<siginfo_t> info, uint64_t message) {
  Traced& traced = task.traced;
  traced.place = place;
  traced.message = message;
  traced.released = traced.told = traced.listening = traced.at_delivery = false;
  traced.status = status;
  traced.info =
      info ? *info : signal_from(WSTOPSIG(status) & 0x7f, status >> 8, own_number(task), user_of(task.tid));
  task.state = RecordedTask::State::away;
  tell_tracer(traced.tracer, task.tid, status);
}

void Session::end_waits(pid_t process) {
  for (const auto& [tid, waiter] : tasks_) {
    const bool waits = waiter->tgid == process && waiter->in_call && !waiter->pending &&
                       waiter->tracing_call == TracingCall::wait &&
                       waiter->state == RecordedTask::State::away;
    if (waits) ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr);
  }
}

void Session::tell_tracer(pid_t tracer_tid, pid_t tracee, int status) {
  const RecordedTask* const tracer = find(tracer_tid);
  if (tracer == nullptr) return;
  end_waits(tracer->tgid);
  if (ignores_child_stops_.contains(tracer->tgid)) return;
  const bool blocked = (signals_blocked_by(tracer->tid) & signal_bit(SIGCHLD)) != 0;
  if (!blocked && action_for(tracer->tid, SIGCHLD) != SignalAction::handled) return;
  siginfo_t info = signal_from(SIGCHLD, kChildStopped, getpid(), 0);
  info.si_value.sival_ptr = reinterpret_cast<void*>(uint64_t(uint32_t(status)) << 32 | uint32_t(tracee));
  syscall(SYS_rt_sigqueueinfo, tracer->tgid, SIGCHLD, &info);
}

Outcome Session::arrived_signal(RecordedTask& task, siginfo_t& info) {
  if (get_siginfo(task.tid, info) == Outcome::gone) return Outcome::gone;
  if (passed_ != nullptr && task.tgid == first_tid_) passed_->arrived(info.si_signo);
  // In a pid namespace below ours we are nobody (kernel/signal.c, send_signal_locked()).
  const bool from_us = info.si_pid == getpid() || (info.si_pid == 0 && task.numbers.size() > 1);
  if (info.si_signo == SIGCHLD && info.si_code == kChildStopped && from_us) {
    const auto told = reinterpret_cast<uint64_t>(info.si_value.sival_ptr);
    const int status = int(told >> 32);
    const pid_t tracee = pid_t(uint32_t(told));
    const bool ended = !WIFSTOPPED(status);
    const int code = !ended ? CLD_TRAPPED : WIFEXITED(status) ? CLD_EXITED : CLD_KILLED;
    const auto end = std::find_if(tracee_ends_.begin(), tracee_ends_.end(),
                                  [&](const TraceeEnd& e) { return e.tid == tracee; });
    const RecordedTask* const living = find(tracee);
    const pid_t number = living != nullptr           ? number_seen_by(task, *living)
                         : end != tracee_ends_.end() ? end->number
                                                     : tracee;
    info = signal_from(SIGCHLD, code, number, user_of(tracee));
    info.si_status = !ended              ? WSTOPSIG(status) & 0x7f
                     : WIFEXITED(status) ? WEXITSTATUS(status)
                                         : status & 0x7f;
    return set_siginfo(task.tid, info);
  }
  if (info.si_signo == SIGSTOP && from_us && std::exchange(task.traced.attach_due, false)) {
    info = signal_from(SIGSTOP, SI_KERNEL, 0, 0);
    return set_siginfo(task.tid, info);
  }
  return Outcome::done;
}

Expected<void> Session::stop_at_signal(RecordedTask& task, const siginfo_t& info, SignalPosition position) {
  log_signal(task, info, position, SignalAction::traced);
  task.signal_at_return = position == SignalPosition::call_exit;
  BYGONE_TRY(complete(task, FrameKind::signal, info.si_signo, std::nullopt));
  stop_for_tracer(task, Traced::Place::user, stop_status(info.si_signo), info);
  task.traced.at_delivery = true;
  return {};
}

bool Session::stops_at_entry(const RecordedTask& task) const {
  return task.traced.tracer != 0 &&
         (task.traced.going == Traced::Going::to_system_call || task.traced.emulates());
}

void Session::stop_at_entry(RecordedTask& task) {
  Traced& traced = task.traced;
  lose_turn(task);
  task.in_user_code = false;
  const int good = (traced.options & PTRACE_O_TRACESYSGOOD) != 0 ? 0x80 : 0;
  constexpr uint64_t kEntry = 1;  // PTRACE_EVENTMSG_SYSCALL_ENTRY
  stop_for_tracer(task, Traced::Place::call_entry, stop_status(SIGTRAP | good), std::nullopt, kEntry);
  traced.skips_call = traced.emulates();
}

bool Session::stop_at_new_task(RecordedTask& parent, RecordedTask& child, int event, uint64_t flags) {
  Traced& traced = parent.traced;
  if (traced.tracer == 0) return false;
  const bool told = (flags & CLONE_UNTRACED) == 0 && (traced.options & (1u << event)) != 0;
  if (told || (flags & CLONE_PTRACE) != 0) {
    take_as_tracee(child, traced.tracer);
    child.traced.seized = traced.seized;
    child.traced.options = traced.options;
    if (traced.seized)
      child.traced.interrupt_due = true;
    else if (child.state == RecordedTask::State::ready)
      stop_for_tracer(child, Traced::Place::user, stop_status(SIGSTOP), signal_from(SIGSTOP, SI_USER, 0, 0));
  }
  if (!told) return false;
  const RecordedTask* const tracer = find(traced.tracer);
  stop_for_tracer(parent, Traced::Place::clone, stop_status(SIGTRAP, event), std::nullopt,
                  uint64_t(tracer != nullptr ? number_seen_by(*tracer, child) : child.tid));
  return true;
}

bool Session::stop_at_exit(RecordedTask& task, uint64_t exit_status) {
  Traced& traced = task.traced;
  traced.place = Traced::Place::nowhere;
  traced.released = false;
  if (traced.tracer == 0 || (traced.options & PTRACE_O_TRACEEXIT) == 0) return false;
  if (std::exchange(traced.exit_told, true)) return false;
  stop_for_tracer(task, Traced::Place::exit, stop_status(SIGTRAP, PTRACE_EVENT_EXIT), std::nullopt,
                  exit_status);
  return true;
}

// The stops due where the task stands, one at a time, in the kernel's order.
bool Session::stop_here(RecordedTask& task) {
  Traced& traced = task.traced;
  if (traced.tracer == 0 || task.in_user_code) return false;
  const auto stop = [&](int signal, int event, std::optional<siginfo_t> info = std::nullopt,
                        uint64_t message = 0) {
    stop_for_tracer(task, Traced::Place::user, stop_status(signal, event), info, message);
    return true;
  };
  if (std::exchange(traced.vfork_done_due, false) && (traced.options & PTRACE_O_TRACEVFORKDONE) != 0)
    return stop(SIGTRAP, PTRACE_EVENT_VFORK_DONE, std::nullopt, task.registers[Register::rax]);
  if (std::exchange(traced.exec_due, false))
    return stop(SIGTRAP, PTRACE_EVENT_EXEC, std::nullopt, uint64_t(traced.exec_former));
  if (std::exchange(traced.call_exit_due, false)) {
    if (traced.going == Traced::Going::to_system_call) {
      constexpr uint64_t kExit = 2;  // PTRACE_EVENTMSG_SYSCALL_EXIT
      const int good = (traced.options & PTRACE_O_TRACESYSGOOD) != 0 ? 0x80 : 0;
      return stop(SIGTRAP | good, 0, std::nullopt, kExit);
    }
    if (traced.going == Traced::Going::single_step) {
      siginfo_t info = signal_from(SIGTRAP, TRAP_BRKPT, 0, 0);
      info.si_addr = reinterpret_cast<void*>(task.registers[Register::rip]);
      return stop(SIGTRAP, 0, info);
    }
  }
  if (std::exchange(traced.exec_trap_due, false))
    return stop(SIGTRAP, 0, signal_from(SIGTRAP, SI_USER, own_number(task), user_of(task.tid)));
  if (std::exchange(traced.interrupt_due, false)) return stop(SIGTRAP, kEventStop);
  return false;
}

void Session::note_exec_for_tracer(RecordedTask& task, pid_t former_number) {
  Traced& traced = task.traced;
  if (traced.tracer == 0) return;
  traced.exec_due = (traced.options & PTRACE_O_TRACEEXEC) != 0;
  traced.exec_trap_due = !traced.exec_due && !traced.seized;
  traced.exec_former = former_number;
  traced.call_exit_due = true;
  traced.child = is_child_of_tracer(task);  // a thread is not, and may have become the leader
}

Expected<void> Session::note_altered(RecordedTask& task, Traced::Place place) {
  // Elsewhere the call's own return, or the end, says it all.
  const bool in_user_code = place == Traced::Place::user || place == Traced::Place::group_stop;
  const bool in_call = place == Traced::Place::call_entry || place == Traced::Place::seccomp;
  if (!in_user_code && !in_call) return {};
  if (in_call) lose_turn(task);
  const int64_t result = int64_t(task.registers[Register::rax]);
  if (get_registers(task.tid, task.registers) == Outcome::gone) return {};
  if (in_call) keep_lower_half(task);
  // Nobody looks for a call to begin again where the tracer says so and no signal does.
  if (place == Traced::Place::user && task.traced.at_call() && !is_restart(result) &&
      restarts_call(task.registers) && task.held_signals.empty() && signals_waiting_for(task.tid) == 0)
    keep_result(task);
  log_extended_state(task);
  if (in_user_code) return complete(task, FrameKind::altered, std::nullopt, std::nullopt);
  Registers altered = task.registers;
  if (std::exchange(task.end_told, false)) {
    // The frame of the exit(2) it was about to make is written: it comes to its call once more.
    altered[Register::rip] -= 2;
    altered[Register::rax] = std::exchange(altered[Register::orig_rax], ~uint64_t{0});
    task.lost_turn = int64_t(altered[Register::rax]) == -1;  // called off: it does not go in again
  }
  log_.frame(FrameKind::altered, Tid{task.tid}, std::nullopt, std::nullopt, &altered);
  ++turn_frames_;
  return {};
}

Expected<void> Session::go_on_from_stop(RecordedTask& task) {
  Traced& traced = task.traced;
  const int event = traced.status >> 16;
  const Traced::Place place = std::exchange(traced.place, Traced::Place::nowhere);
  traced.released = false;
  const bool altered = std::exchange(traced.altered, false);
  if (altered) BYGONE_TRY(note_altered(task, place));
  const int given = std::exchange(traced.signal, 0);
  const int signal = event == 0 ? given : 0;  // at an event's stop it is of no effect
  switch (place) {
    case Traced::Place::nowhere:
      return {};
    case Traced::Place::user:
      task.state = RecordedTask::State::ready;
      return signal != 0 ? pass_signal(task, signal) : Expected<void>{};
    case Traced::Place::call_entry:
      if (signal != 0) syscall(SYS_tgkill, task.tgid, task.tid, signal);
      if (std::exchange(traced.skips_call, false)) {
        Registers skipping = task.registers;
        skipping[Register::orig_rax] = ~uint64_t{0};
        set_registers(task.tid, skipping);
        BYGONE_TRY(note_altered(task, place));
      }
      return begin_call(task);
    case Traced::Place::clone:
      return go_on_after_clone(task, event);
    case Traced::Place::seccomp:
      return altered ? begin_call(task) : go_into_call(task);
    case Traced::Place::group_stop:
      // Whoever is traced no more stays stopped with its process; it hears of the end of that, which may have
      // come.
      if (traced.tracer == 0 && WSTOPSIG(traced.status) != SIGTRAP) {
        stay_in_group_stop(task);
        return {};
      }
      return end_job_stop(task);
    case Traced::Place::exit:
      return on_exit_event(task);
  }
  return {};
}

void Session::stay_in_group_stop(RecordedTask& task) {
  task.state = RecordedTask::State::away;
  task.job_stopped = true;
  resume(task.tid, Resume::listen);
}

Expected<void> Session::end_job_stop(RecordedTask& task) {
  if (task.in_call) {  // the stop found it inside a call: go on in there
    task.state = RecordedTask::State::away;
    resume(task.tid, Resume::to_system_call);
  } else {
    task.state = RecordedTask::State::ready;
  }
  return {};
}

// The signal its tracer lets it go on with.
Expected<void> Session::pass_signal(RecordedTask& task, int signal) {
  siginfo_t info = task.traced.info;
  if (info.si_signo != signal) {
    const RecordedTask* const tracer = find(task.traced.tracer);
    const pid_t sender = tracer != nullptr ? tracer->tgid : 0;
    info = signal_from(signal, SI_USER, sender, user_of(sender));
  }
  uint64_t mask = 0;
  if (get_signal_mask(task.tid, mask) == Outcome::gone) return {};
  const bool blocked = signal < 65 && (mask & signal_bit(signal)) != 0;
  if (task.traced.at_delivery && !blocked) {
    set_siginfo(task.tid, info);
    return deliver_now(task, info, SignalPosition::call_exit);
  }
  if (!blocked && signal != SIGKILL) {
    // Sent to itself it arrives at once, and its tracer has decided already.
    task.held_signals.push_front(info);
    task.reinjecting = task.traced.passing = true;
    expect_carrier(task, signal);
  }
  syscall(SYS_tgkill, task.tgid, task.tid, signal);
  return {};
}

// syscall, int 0x80, sysenter
bool Session::is_call(std::byte first, std::byte second) {
  const int opcode = std::to_integer<int>(first) << 8 | std::to_integer<int>(second);
  return opcode == 0x0f05 || opcode == 0xcd80 || opcode == 0x0f34;
}

bool Session::is_stepped(const RecordedTask& task) {
  if (task.traced.tracer == 0 || !task.traced.steps()) return false;
  std::byte code[2];
  const Address at{task.registers[Register::rip]};
  // A call is run as ever; its end is the step's.
  return task.reinjecting || !task.space->memory.read(at, code) || !is_call(code[0], code[1]);
}

Expected<void> Session::step_for_tracer(RecordedTask& task) {
  enter_user_code(task);
  task.state = RecordedTask::State::away;
  if (resume(task.tid, Resume::single_step) == Outcome::gone) return {};
  std::optional<Stop> stop;
  while (!stop) {
    stop = wait_for(task.tid, Waiting::block);
    if (!stop && errno != EINTR) return {};
  }
  ++outcome_.ptrace_stops;
  siginfo_t info;
  const bool stepped = stop->kind == Stop::Kind::signal && stop->signal == SIGTRAP &&
                       get_siginfo(task.tid, info) == Outcome::done && info.si_code == TRAP_TRACE;
  if (!stepped) return handle(task, *stop);
  if (get_registers(task.tid, task.registers) == Outcome::gone) return {};
  BYGONE_TRY(complete(task, FrameKind::step, std::nullopt, std::nullopt));
  stop_for_tracer(task, Traced::Place::user, stop_status(SIGTRAP), info);
  task.traced.at_delivery = true;
  return {};
}

void Session::stop_after_step(RecordedTask& task, std::optional<siginfo_t> info) {
  if (task.traced.tracer == 0 || !task.traced.steps()) return;
  stop_for_tracer(task, Traced::Place::user, stop_status(SIGTRAP), info);
}

Expected<void> Session::on_filter_stop(RecordedTask& task) {
  Traced& traced = task.traced;
  if (traced.tracer != 0 && (traced.options & PTRACE_O_TRACESECCOMP) != 0) {
    uint64_t data = 0;
    if (get_event_message(task.tid, data) == Outcome::gone) return {};
    stop_for_tracer(task, Traced::Place::seccomp, stop_status(SIGTRAP, PTRACE_EVENT_SECCOMP), std::nullopt,
                    data);
    return {};
  }
  // Nobody wants to be told: the kernel would make it ENOSYS (kernel/seccomp.c).
  Registers refused;
  if (get_registers(task.tid, refused) == Outcome::gone) return {};
  refused[Register::orig_rax] = ~uint64_t{0};
  refused[Register::rax] = uint64_t(-ENOSYS);
  set_registers(task.tid, refused);
  if (!task.forced_result) task.forced_result = -ENOSYS;
  return go_into_call(task);
}

bool Session::stop_in_group(RecordedTask& task, const Stop& stop) {
  if (task.traced.tracer == 0) return false;
  const int event = task.traced.seized ? kEventStop : 0;
  task.traced.attach_due = false;
  stop_for_tracer(task, Traced::Place::group_stop, stop_status(stop.signal, event), std::nullopt);
  return true;
}

bool Session::stop_listening(RecordedTask& task) {
  if (task.traced.tracer == 0 || !std::exchange(task.traced.listening, false)) return false;
  stop_for_tracer(task, Traced::Place::group_stop, stop_status(SIGTRAP, kEventStop), std::nullopt);
  return true;
}

bool Session::is_child_of_tracer(const RecordedTask& task) {
  const RecordedTask* const tracer = find(task.traced.tracer);
  return tracer != nullptr && task.tid == task.tgid && parent_of(task.tid) == tracer->tgid;
}

void Session::take_as_tracee(RecordedTask& task, pid_t tracer_tid) {
  task.traced = {};
  task.traced.tracer = tracer_tid;
  task.traced.child = is_child_of_tracer(task);
}

void Session::release_tracee(RecordedTask& task, int signal) {
  Traced& traced = task.traced;
  const bool stopped = traced.place != Traced::Place::nowhere;
  Traced free;
  free.place = traced.place;
  free.status = traced.status;
  free.info = traced.info;
  free.at_delivery = traced.at_delivery;
  free.skips_call = traced.skips_call;
  free.altered = traced.altered;
  free.released = stopped;
  free.signal = signal;
  traced = free;
  if (stopped) task.state = RecordedTask::State::ready;
}

void Session::end_tracing_by(pid_t tracer) {
  for (auto& [tid, task] : tasks_) {
    if (task->traced.tracer != tracer) continue;
    if ((task->traced.options & PTRACE_O_EXITKILL) != 0) syscall(SYS_tgkill, task->tgid, tid, SIGKILL);
    release_tracee(*task, 0);
  }
}

void Session::note_end_for_tracer(RecordedTask& task, int status) {
  const Traced& traced = task.traced;
  const RecordedTask* const tracer = find(traced.tracer);
  if (tracer == nullptr) return;
  if (traced.child) return end_waits(tracer->tgid);  // there may be nobody left to wait for
  tracee_ends_.push_back({task.tid, number_seen_by(*tracer, task), task.tgid, group_seen_by(*tracer, task),
                          tracer->tid, tracer->tgid, user_of(task.tid), status});
  tell_tracer(traced.tracer, task.tid, status);
}

}  // namespace bygone
