#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "recorder/session.h"
#include "tracee/call_result.h"

namespace bygone {

// Recorder and program share one processor, and neither may starve the other: what the program asks of the
// scheduler is remembered, told again when it asks, and done when it is let go.

namespace {

struct SchedulerAttributes {  // the beginning of struct sched_attr, sched_setattr(2)
  uint32_t size = 0;
  uint32_t policy = 0;
  uint64_t flags = 0;
  int32_t nice = 0;
  uint32_t priority = 0;
};

bool is_real_time(int policy) {
  policy &= ~SCHED_RESET_ON_FORK;
  return policy == SCHED_FIFO || policy == SCHED_RR;
}

}  // namespace

RecordedTask* Session::subject_of_scheduling(RecordedTask& task) {
  const pid_t tid = pid_t(task.entry.registers.argument(0));
  return tid == 0 ? &task : find_as_seen_by(task, tid);
}

// sched_setaffinity(2), with the kernel's answers. Nothing if it concerns a task that is not recorded.
std::optional<int64_t> Session::set_affinity(RecordedTask& task) {
  const Registers& call = task.registers;
  RecordedTask* const subject = subject_of_scheduling(task);
  if (subject == nullptr) {
    const bool is_ours = pid_t(call.argument(0)) == getpid();
    return is_ours ? std::optional<int64_t>(0) : std::nullopt;
  }
  cpu_set_t wanted;
  CPU_ZERO(&wanted);
  const size_t size = std::min<uint64_t>(uint32_t(call.argument(1)), sizeof wanted);
  const auto bytes = std::as_writable_bytes(std::span(&wanted, 1)).first(size);
  if (!task.space->memory.read(Address{call.argument(2)}, bytes)) return -EFAULT;
  CPU_AND(&wanted, &wanted, &processors_before(*subject));
  if (CPU_COUNT(&wanted) == 0) return -EINVAL;
  subject->processors_asked = wanted;
  return 0;
}

void Session::finish_scheduling_call(RecordedTask& task) {
  if (task.forced_result) return;
  const auto number = task.entry.registers[Register::orig_rax];
  const int64_t result = int64_t(task.registers[Register::rax]);
  switch (number) {
    case SYS_getcpu:
      if (!is_error(result)) tell_processor(task);
      return;
    case SYS_sched_getaffinity:
    case SYS_sched_setscheduler:
    case SYS_sched_getscheduler:
    case SYS_sched_getparam:
    case SYS_sched_setattr:
    case SYS_sched_getattr:
    case SYS_sched_rr_get_interval:
      if (is_error(result)) return;
      break;
    case SYS_sched_setparam:
      if (is_error(result) && result != -EINVAL) return;
      break;
    default:
      return;
  }
  RecordedTask* const subject = subject_of_scheduling(task);
  if (subject == nullptr) return;
  constexpr uint64_t kKeepPolicy = 0x08;  // SCHED_FLAG_KEEP_POLICY
  SchedulerAttributes attributes;
  const bool keeps_policy =
      number == SYS_sched_setattr && subject->policy_asked &&
      task.space->memory.read_value(Address{task.entry.registers.argument(1)}, attributes) &&
      (attributes.flags & kKeepPolicy) != 0;
  if (keeps_policy) return;
  if (number == SYS_sched_setscheduler || number == SYS_sched_setattr) return note_policy(*subject);
  if (number == SYS_sched_getaffinity) return tell_affinity(task, *subject);
  if (subject->policy_asked) tell_policy(task, *subject->policy_asked);
}

// One of those it has asked for.
void Session::tell_processor(RecordedTask& task) {
  TraceeMemory& memory = task.space->memory;
  const Address at{task.entry.registers.argument(0)};
  uint32_t processor = 0;
  if (!task.processors_asked || !at || !memory.read_value(at, processor)) return;
  const cpu_set_t& asked = *task.processors_asked;
  if (processor < CPU_SETSIZE && CPU_ISSET(processor, &asked)) return;
  for (processor = 0; !CPU_ISSET(processor, &asked); ++processor) {
  }
  memory.write_value(at, processor);
}

void Session::tell_affinity(RecordedTask& task, const RecordedTask& subject) {
  if (!subject.processors_asked) return;
  const auto bytes = std::as_bytes(std::span(&*subject.processors_asked, 1));
  const size_t told = std::min(size_t(task.registers[Register::rax]), bytes.size());
  task.space->memory.write(Address{task.entry.registers.argument(2)}, bytes.first(told));
}

// The kernel knows nothing of the policy that the task seems to have.
void Session::tell_policy(RecordedTask& task, PolicyAsked& asked) {
  TraceeMemory& memory = task.space->memory;
  const Address at{task.entry.registers.argument(1)};
  const auto answer_with = [&](int64_t result) {
    task.registers[Register::rax] = uint64_t(result);
    set_registers(task.tid, task.registers);
  };
  switch (task.entry.registers[Register::orig_rax]) {
    case SYS_sched_getscheduler:
      return answer_with(asked.policy);
    case SYS_sched_getparam:
      memory.write_value(at, asked.priority);
      return;
    case SYS_sched_getattr: {
      SchedulerAttributes attributes;
      if (!memory.read_value(at, attributes)) return;
      attributes.policy = uint32_t(asked.policy & ~SCHED_RESET_ON_FORK);
      attributes.priority = uint32_t(asked.priority);
      memory.write_value(at, attributes);
      return;
    }
    case SYS_sched_rr_get_interval: {
      // Of SCHED_FIFO it is 0; of SCHED_RR as kernel/sched/rt.c has it unless somebody changed that.
      constexpr long kTurnNs = 100'000'000;
      const bool takes_turns = (asked.policy & ~SCHED_RESET_ON_FORK) == SCHED_RR;
      memory.write_value(at, timespec{0, takes_turns ? kTurnNs : 0});
      return;
    }
    case SYS_sched_setparam: {
      int32_t priority = 0;
      if (!memory.read_value(at, priority)) return;
      const bool fits =
          priority >= sched_get_priority_min(SCHED_FIFO) && priority <= sched_get_priority_max(SCHED_FIFO);
      if (fits) asked.priority = priority;
      return answer_with(fits ? 0 : -EINVAL);
    }
    default:
      return;
  }
}

// The kernel has taken it: were it to last, a program that computes would keep the recorder from running.
void Session::note_policy(RecordedTask& task) {
  sched_param param{};
  const int policy = sched_getscheduler(task.tid);
  if (policy < 0 || sched_getparam(task.tid, &param) != 0) return;
  task.policy_asked.reset();
  if (!is_real_time(policy)) return;
  task.policy_asked = PolicyAsked{policy, param.sched_priority};
  const sched_param none{};
  sched_setscheduler(task.tid, SCHED_OTHER | (policy & SCHED_RESET_ON_FORK), &none);
}

void Session::inherit_scheduling(const RecordedTask& parent, RecordedTask& child) {
  child.processors_asked = parent.processors_asked;
  const bool resets = parent.policy_asked && (parent.policy_asked->policy & SCHED_RESET_ON_FORK) != 0;
  if (!resets) child.policy_asked = parent.policy_asked;
}

}  // namespace bygone
