#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "recorder/kinship.h"
#include "recorder/session.h"
#include "recorder/signal_action.h"
#include "tracee/call_result.h"
#include "tracee/descriptors.h"
#include "tracee/remote_calls.h"

// Signals that a program ignores do not wake it, unless it is traced. So they are blocked while it sleeps in
// a call; and where it says itself what is blocked meanwhile, calls that cannot be interrupted without being
// told (tracee/sleep_calls.h) are sent back to sleep, for the time that is left.

namespace bygone {

namespace {

constexpr int64_t kSecond = 1'000'000'000;

std::optional<int64_t> socket_limit_ns(const RecordedTask& task, int option) {
  const int fd = take_descriptor(task.tgid, task.tid, int(task.entry.registers.argument(0)));
  if (fd < 0) return std::nullopt;
  timeval limit{};
  socklen_t size = sizeof limit;
  const bool has_one = getsockopt(fd, SOL_SOCKET, option, &limit, &size) == 0;
  close(fd);
  const int64_t limit_ns = limit.tv_sec * kSecond + limit.tv_usec * 1000;
  return has_one && limit_ns > 0 ? std::optional(limit_ns) : std::nullopt;
}

// How long the call may sleep, as the program has asked; nothing for ever.
std::optional<int64_t> limit_of(const RecordedTask& task, const SleepCall& call) {
  const uint64_t argument = task.entry.registers[call.argument];
  switch (call.limit) {
    case SleepCall::Limit::never:
      return std::nullopt;
    case SleepCall::Limit::milliseconds:
      return int32_t(argument) < 0 ? std::nullopt : std::optional(int32_t(argument) * kSecond / 1000);
    case SleepCall::Limit::timespec: {
      timespec limit{};
      if (argument == 0 || !task.space->memory.read_value(Address{argument}, limit)) return std::nullopt;
      return limit.tv_sec >= INT64_MAX / kSecond ? std::nullopt
                                                 : std::optional(limit.tv_sec * kSecond + limit.tv_nsec);
    }
    case SleepCall::Limit::socket_input:
      return socket_limit_ns(task, SO_RCVTIMEO);
    case SleepCall::Limit::socket_output:
      return socket_limit_ns(task, SO_SNDTIMEO);
  }
  return std::nullopt;
}

int64_t nanoseconds_since(std::chrono::steady_clock::time_point then) {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now() - then).count();
}

// Signals wait for the task, and it ignores all of them.
bool is_woken_by_ignored_signals(pid_t tid) {
  uint64_t waiting = signals_waiting_for(tid);
  if (waiting == 0) return false;
  for (; waiting != 0; waiting &= waiting - 1)
    if (action_for(tid, std::countr_zero(waiting) + 1) != SignalAction::ignored) return false;
  return true;
}

// A mask of its own for the time of the call; or the signals themselves are what it waits for.
bool chooses_signals(const Registers& call) {
  switch (call[Register::orig_rax]) {
    case SYS_rt_sigsuspend:
    case SYS_rt_sigtimedwait:
      return true;
    case SYS_ppoll:
      return call.argument(3) != 0;
    case SYS_epoll_pwait:
    case SYS_epoll_pwait2:
      return call.argument(4) != 0;
    case SYS_pselect6:
    case SYS_io_pgetevents:
      return call.argument(5) != 0;
    default:
      return false;
  }
}

}  // namespace

void Session::keep_ignored_signals_out(RecordedTask& task) {
  const bool makes_task =
      task.row != nullptr && task.row->call_class == CallClass::task;  // it would inherit them
  if (task.traced.tracer != 0 || !task.may_block || makes_task || chooses_signals(task.entry.registers))
    return;
  if (attachment_of(task) != nullptr) return;  // it would keep the mask if we were killed
  if (std::exchange(task.ignored_as_of, signal_actions_) != signal_actions_)
    task.ignored_signals = signals_ignored_by(task.tid);
  keep_signals_out(task, task.ignored_signals);
}

// Somebody wants to be told of this signal from now on: who keeps it out begins its call again, without.
void Session::heed_signal(const RecordedTask& by, int signal) {
  for (const auto& [tid, task] : tasks_) {
    const bool keeps_it_out = task->tgid == by.tgid && task->state == RecordedTask::State::away &&
                              task->in_call && task->own_mask && !task->pending &&
                              (task->ignored_signals & signal_bit(signal)) != 0;
    if (task.get() == &by || !keeps_it_out) continue;
    task->heeds_signal = true;
    ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr);
  }
}

void Session::begin_sleep(RecordedTask& task) {
  const SleepCall* const call = find_sleep_call(task.entry.registers[Register::orig_rax]);
  if (call == nullptr || task.forced_result) {
    task.sleep.reset();
    return;
  }
  const bool goes_on = task.sleep && task.sleep->goes_on && task.sleep->call == call;
  if (!goes_on) {
    task.sleep = {call, std::chrono::steady_clock::now(), false};
    return;
  }
  const auto limit_ns = limit_of(task, *call);
  if (!limit_ns) return;
  const int64_t left_ns = std::max<int64_t>(*limit_ns - nanoseconds_since(task.sleep->began), 0);
  if (call->limit == SleepCall::Limit::milliseconds) {
    replace_argument(task, call->argument, uint64_t((left_ns + 999'999) / 1'000'000));
  } else if (call->limit == SleepCall::Limit::timespec) {
    // The kernel has read it before another task has a turn.
    const timespec left{left_ns / kSecond, left_ns % kSecond};
    if (task.space->memory.write_value(kScratch, left))
      replace_argument(task, call->argument, kScratch.value);
  }
}

void Session::end_sleep(RecordedTask& task) {
  const bool by_us = std::exchange(task.heeds_signal, false);
  if (!task.sleep) return;
  const bool woken_in_vain = int64_t(task.registers[Register::rax]) == -EINTR && task.traced.tracer == 0 &&
                             (by_us || is_woken_by_ignored_signals(task.tid));
  if (!woken_in_vain) {
    task.sleep.reset();
    return;
  }
  const auto limit_ns = limit_of(task, *task.sleep->call);
  const bool over = limit_ns && nanoseconds_since(task.sleep->began) >= *limit_ns;
  task.registers[Register::rax] = uint64_t(over ? task.sleep->call->result_when_over : kRestartNoHand);
  set_registers(task.tid, task.registers);
  if (over)
    task.sleep.reset();
  else
    task.sleep->goes_on = true;
}

}  // namespace bygone
