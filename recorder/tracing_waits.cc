#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>

#include "recorder/kinship.h"
#include "recorder/session.h"
#include "tracee/call_result.h"

namespace bygone {

namespace {

pid_t pid_of_descriptor(pid_t tid, int fd) {
  std::ifstream info(fmt::format("/proc/{}/fdinfo/{}", tid, fd));
  for (std::string word; info >> word;)
    if (word == "Pid:" && info >> word) return pid_t(atoi(word.c_str()));
  return -1;
}

}  // namespace

// wait4(2) and waitid(2) by a task that traces others: the kernel knows its children, we know its tracees.
struct Session::WaitRequest {
  bool by_id = false;  // waitid(2)
  idtype_t type = P_ALL;
  pid_t id = 0;
  Address out;  // int status, or siginfo_t
  int options = 0;

  // Numbers are the waiter's, in its pid namespace.
  static WaitRequest of(Session& session, const RecordedTask& task) {
    const Registers& call = task.entry.registers;
    WaitRequest request;
    request.by_id = call[Register::orig_rax] == SYS_waitid;
    if (request.by_id) {
      request.type = idtype_t(call.argument(0));
      request.id = pid_t(call.argument(1));
      request.out = Address{call.argument(2)};
      request.options = int(call.argument(3));
      if (request.type == P_PIDFD) {
        request.type = P_PID;
        const pid_t ours = pid_of_descriptor(task.tid, int(call.argument(1)));
        const RecordedTask* const subject = session.find(ours);
        request.id = subject != nullptr ? number_seen_by(task, *subject) : ours;
      }
    } else {
      const pid_t pid = pid_t(call.argument(0));
      request.type = pid > 0 ? P_PID : pid == -1 ? P_ALL : P_PGID;
      request.id = pid > 0 ? pid : -pid;
      request.out = Address{call.argument(1)};
      request.options = int(call.argument(2));
    }
    if (request.type == P_PGID && request.id == 0) request.id = group_seen_by(task, task);
    return request;
  }
  // Of the tracees of its process, or of this thread alone.
  bool concerns(const RecordedTask& waiter, pid_t tracer, pid_t tracer_tgid) const {
    return (options & __WNOTHREAD) != 0 ? tracer == waiter.tid : tracer_tgid == waiter.tgid;
  }
  bool matches(pid_t number, pid_t group) const {
    return type == P_ALL || (type == P_PID ? number == id : group == id);
  }
  bool matches(const RecordedTask& waiter, const RecordedTask& task) const {
    return type == P_ALL ||
           (type == P_PID ? number_seen_by(waiter, task) : group_seen_by(waiter, task)) == id;
  }
};

// A tracee of the waiting process whose stop, or end, is yet to be told.
bool Session::tell_of_tracee(RecordedTask& waiter, const WaitRequest& request) {
  const bool keeps = (request.options & WNOWAIT) != 0;
  const auto end = std::find_if(tracee_ends_.begin(), tracee_ends_.end(), [&](const TraceeEnd& e) {
    return request.concerns(waiter, e.tracer, e.tracer_tgid) && request.matches(e.number, e.pgid);
  });
  if (end != tracee_ends_.end() && (!request.by_id || (request.options & WEXITED) != 0)) {
    hand_over_wait(waiter, request, end->number, end->uid, end->status);
    if (!keeps) tracee_ends_.erase(end);
    return true;
  }
  for (auto& [tid, task] : tasks_) {
    Traced& traced = task->traced;
    const RecordedTask* const tracer = find(traced.tracer);
    if (tracer == nullptr || !request.concerns(waiter, tracer->tid, tracer->tgid)) continue;
    if (!traced.stopped() || traced.told) continue;
    if (!request.matches(waiter, *task)) continue;
    hand_over_wait(waiter, request, number_seen_by(waiter, *task), user_of(tid), traced.status);
    traced.told = !keeps;
    return true;
  }
  return false;
}

void Session::hand_over_wait(RecordedTask& waiter, const WaitRequest& request, pid_t number, uid_t uid,
                             int status) {
  waiter.forced_result = request.by_id ? 0 : number;
  const Address usage{waiter.entry.registers.argument(request.by_id ? 4 : 3)};
  constexpr std::byte kNoUsage[sizeof(rusage)] = {};
  if (usage && !hand_over(waiter, usage, kNoUsage)) waiter.forced_result = -EFAULT;
  if (!request.out) return;
  if (!request.by_id) {
    if (!hand_over(waiter, request.out, std::as_bytes(std::span(&status, 1)))) waiter.forced_result = -EFAULT;
    return;
  }
  siginfo_t info{};
  info.si_signo = SIGCHLD;
  info.si_pid = number;
  info.si_uid = uid;
  if (WIFSTOPPED(status)) {
    info.si_code = CLD_TRAPPED;
    info.si_status = status >> 8;
  } else {
    info.si_code = WIFEXITED(status) ? CLD_EXITED : WCOREDUMP(status) ? CLD_DUMPED : CLD_KILLED;
    info.si_status = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
  }
  // What the kernel fills in: signal number, errno, code, process, user, status (kernel/exit.c).
  constexpr size_t kFilled = 28;
  if (!hand_over(waiter, request.out, std::as_bytes(std::span(&info, 1)).first(kFilled)))
    waiter.forced_result = -EFAULT;
}

bool Session::has_tracee(const RecordedTask& waiter, const WaitRequest& request) {
  return std::any_of(tasks_.begin(), tasks_.end(), [&](const auto& t) {
    const RecordedTask* const tracer = find(t.second->traced.tracer);
    // Of a child's end the kernel tells, and has perhaps told already.
    const bool over = t.second->traced.child && t.second->exit_event;
    return tracer != nullptr && !over && request.concerns(waiter, tracer->tid, tracer->tgid) &&
           request.matches(waiter, *t.second);
  });
}

void Session::prepare_wait(RecordedTask& task) {
  task.tracing_call = TracingCall::wait;
  const WaitRequest request = WaitRequest::of(*this, task);
  if (tell_of_tracee(task, request)) return answer(task, *task.forced_result);
  if ((request.options & WNOHANG) != 0 || !has_tracee(task, request)) return;
  const std::vector<pid_t> children = children_of(task.tgid);
  const bool has_child = std::any_of(children.begin(), children.end(), [&](pid_t child) {
    const RecordedTask* const known = find(child);
    return request.type != P_PID || (known != nullptr ? number_seen_by(task, *known) : child) == request.id;
  });
  if (has_child) return;
  // The kernel would say that there is nobody to wait for.
  Registers sleeping = task.registers;
  sleeping[Register::orig_rax] = SYS_pause;
  set_registers(task.tid, sleeping);
  task.argument_replaced = true;
}

void Session::finish_wait(RecordedTask& task) {
  const bool answered = task.forced_result.has_value();
  if (answered) return;
  const WaitRequest request = WaitRequest::of(*this, task);
  const int64_t result = int64_t(task.registers[Register::rax]);
  if (result > 0) {
    // A group-stop that the kernel has told the tracer of, too, being the parent.
    int status = 0;
    RecordedTask* const child = find_as_seen_by(task, pid_t(result));
    const RecordedTask* const tracer = child != nullptr ? find(child->traced.tracer) : nullptr;
    if (tracer != nullptr && tracer->tgid == task.tgid && child->traced.stopped() && request.out &&
        task.space->memory.read_value(request.out, status) && WIFSTOPPED(status))
      child->traced.told = true;
    return;
  }
  int32_t told_of = 0;
  const bool tells_of_child = request.by_id && result == 0 && request.out &&
                              task.space->memory.read_value(request.out + 12, told_of) && told_of != 0;
  const bool nothing = result == 0 || result == -ECHILD || result == kRestartSys || result == kRestartNoHand;
  if (!nothing || tells_of_child) return;
  if (tell_of_tracee(task, request)) return;
  if (result == kRestartNoHand) task.forced_result = kRestartSys;
  if (result == -ECHILD && (request.options & WNOHANG) != 0 && has_tracee(task, request)) {
    capture_ranges(task, written_by(task.entry, result, task.space->memory).ranges);
    task.forced_result = 0;
  }
}

}  // namespace bygone
