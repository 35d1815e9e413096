#include "tracee/ptrace.h"

#include <sched.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>

#include "tracee/proc_text.h"

namespace bygone {

static_assert(sizeof(user_regs_struct) == sizeof(Registers));

namespace {

constexpr long kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                          PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT |
                          PTRACE_O_TRACESECCOMP;

long options_for(WhenTracerDies when) {
  return kOptions | (when == WhenTracerDies::is_killed ? long{PTRACE_O_EXITKILL} : 0);
}

Outcome outcome_of(long result) {
  return result == 0 ? Outcome::done : Outcome::gone;
}

void* as_pointer(long value) {
  return reinterpret_cast<void*>(value);
}

}  // namespace

Expected<void> seize(pid_t tid, WhenTracerDies when) {
  if (ptrace(PTRACE_SEIZE, tid, nullptr, as_pointer(options_for(when))) == 0) return {};
  const int error = errno;
  return fail(error == EPERM ? ErrorKind::no_permission : ErrorKind::unavailable,
              fmt::format("process {}", tid), fmt::format("cannot be traced: {}", std::strerror(error)),
              error == EPERM ? "another tracer holds it, it is another user's and you have no "
                               "CAP_SYS_PTRACE, or ptrace is not allowed here "
                               "(yama, container profile)"
                             : "");
}

Outcome suspend_filters(pid_t tid, WhenTracerDies when) {
  const long options = options_for(when) | PTRACE_O_SUSPEND_SECCOMP;
  return outcome_of(ptrace(PTRACE_SETOPTIONS, tid, nullptr, as_pointer(options)));
}

Outcome heed_filters(pid_t tid, WhenTracerDies when) {
  return outcome_of(ptrace(PTRACE_SETOPTIONS, tid, nullptr, as_pointer(options_for(when))));
}

Outcome resume(pid_t tid, Resume how, int signal) {
  auto request = PTRACE_CONT;
  switch (how) {
    case Resume::run:
      request = PTRACE_CONT;
      break;
    case Resume::to_system_call:
      request = PTRACE_SYSCALL;
      break;
    case Resume::emulating_calls:
      request = PTRACE_SYSEMU;
      break;
    case Resume::single_step:
      request = PTRACE_SINGLESTEP;
      break;
    case Resume::listen:
      request = PTRACE_LISTEN;
      break;
  }
  return outcome_of(ptrace(request, tid, nullptr, as_pointer(signal)));
}

Outcome get_registers(pid_t tid, Registers& registers) {
  return outcome_of(ptrace(PTRACE_GETREGS, tid, nullptr, registers.values.data()));
}

Outcome set_registers(pid_t tid, const Registers& registers) {
  return outcome_of(ptrace(PTRACE_SETREGS, tid, nullptr, const_cast<uint64_t*>(registers.values.data())));
}

Outcome get_siginfo(pid_t tid, siginfo_t& info) {
  return outcome_of(ptrace(PTRACE_GETSIGINFO, tid, nullptr, &info));
}

Outcome set_siginfo(pid_t tid, const siginfo_t& info) {
  return outcome_of(ptrace(PTRACE_SETSIGINFO, tid, nullptr, const_cast<siginfo_t*>(&info)));
}

Outcome get_signal_mask(pid_t tid, uint64_t& mask) {
  return outcome_of(ptrace(PTRACE_GETSIGMASK, tid, as_pointer(sizeof mask), &mask));
}

Outcome set_signal_mask(pid_t tid, uint64_t mask) {
  return outcome_of(ptrace(PTRACE_SETSIGMASK, tid, as_pointer(sizeof mask), &mask));
}

bool is_at_call_entry(pid_t tid) {
  __ptrace_syscall_info info{};
  return ptrace(PTRACE_GET_SYSCALL_INFO, tid, as_pointer(sizeof info), &info) > 0 &&
         info.op == PTRACE_SYSCALL_INFO_ENTRY;
}

bool raised_by_instruction(const siginfo_t& info) {
  switch (info.si_signo) {
    case SIGSEGV:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
    case SIGTRAP:
      return info.si_code > 0;
    case SIGSYS:
      return info.si_code == kSysUserDispatch;
    default:
      return false;
  }
}

Outcome get_event_message(pid_t tid, uint64_t& message) {
  unsigned long value = 0;
  const Outcome outcome = outcome_of(ptrace(PTRACE_GETEVENTMSG, tid, nullptr, &value));
  message = value;
  return outcome;
}

Stop decode_stop(pid_t tid, int wait_status) {
  Stop stop;
  stop.tid = tid;
  stop.wait_status = wait_status;
  if (!WIFSTOPPED(wait_status)) return stop;
  stop.signal = WSTOPSIG(wait_status);
  stop.event = wait_status >> 16;
  if (stop.event == PTRACE_EVENT_STOP) {
    const bool by_job_control =
        stop.signal == SIGSTOP || stop.signal == SIGTSTP || stop.signal == SIGTTIN || stop.signal == SIGTTOU;
    stop.kind = by_job_control ? Stop::Kind::group_stop : Stop::Kind::trap;
  } else if (stop.event != 0) {
    stop.kind = Stop::Kind::event;
  } else if (stop.signal == (SIGTRAP | 0x80)) {
    stop.kind = Stop::Kind::system_call;
  } else {
    stop.kind = Stop::Kind::signal;
  }
  return stop;
}

std::optional<Stop> wait_for(pid_t tid, Waiting waiting) {
  int status = 0;
  const pid_t changed = waitpid(tid, &status, __WALL | (waiting == Waiting::no_wait ? WNOHANG : 0));
  if (changed <= 0) return std::nullopt;
  return decode_stop(changed, status);
}

namespace {

struct TaskStat {  // the beginning of /proc/PID/task/TID/stat
  char state = 0;
  unsigned flags = 0;
};

TaskStat stat_of(pid_t tgid, pid_t tid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task/%d/stat", tgid, tid);
  char text[160];
  TaskStat stat;
  if (read_proc_text(path, text) == 0) return stat;
  // The command name may hold anything, parentheses too; it is at most 15 bytes (or 63 for kernel threads).
  const char* closing = std::strrchr(text, ')');
  if (closing == nullptr || sscanf(closing + 1, " %c %*d %*d %*d %*d %*d %u", &stat.state, &stat.flags) < 1)
    stat.state = 0;
  return stat;
}

}  // namespace

char task_state(pid_t tgid, pid_t tid) {
  return stat_of(tgid, tid).state;
}

bool is_ending(pid_t tid) {
  constexpr unsigned kExiting = 0x4;  // PF_EXITING, include/linux/sched.h
  const TaskStat stat = stat_of(tid, tid);
  return stat.state == 0 || (stat.flags & kExiting) != 0;
}

std::optional<Stop> wait_through_signals(pid_t tid) {
  for (;;) {
    auto stop = wait_for(tid, Waiting::block);
    if (stop || errno != EINTR || is_ending(tid)) return stop;
  }
}

std::optional<int64_t> processor_time_ns(pid_t tgid, pid_t tid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", tgid, tid);
  char text[96];
  int64_t time_ns = 0;
  if (read_proc_text(path, text) == 0 || sscanf(text, "%" SCNd64, &time_ns) != 1) return std::nullopt;
  if (time_ns == 0) return std::nullopt;  // without CONFIG_SCHED_INFO
  return time_ns;
}

bool has_ended(pid_t tgid, pid_t tid) {
  const char state = task_state(tgid, tid);
  return state == 'Z' || state == 'X' || state == 0;
}

int pin_to_processor(int processor) {
  if (processor < 0) processor = sched_getcpu();
  if (processor < 0 || processor >= CPU_SETSIZE) return -1;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  return sched_setaffinity(0, sizeof set, &set) == 0 ? processor : -1;
}

}  // namespace bygone
