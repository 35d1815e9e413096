#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <bit>

#include "recorder/kinship.h"
#include "recorder/session.h"
#include "recorder/signal_action.h"
#include "tracee/call_result.h"
#include "tracee/descriptors.h"
#include "tracee/remote_calls.h"

// Signals that a program ignores do not wake it, unless it is traced: who sleeps in a call of those that
// cannot be interrupted without being told (tracee/sleep_calls.h) is sent back to sleep, for the time that is
// left.

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

}  // namespace

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
  if (!task.sleep) return;
  const bool woken_in_vain = int64_t(task.registers[Register::rax]) == -EINTR && task.traced.tracer == 0 &&
                             is_woken_by_ignored_signals(task.tid);
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
