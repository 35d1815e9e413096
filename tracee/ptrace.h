#pragma once

// Thin, typed access to ptrace(2) and wait(2). Every function that acts on a task can meet one that has just
// been killed: that is Outcome::gone, not an error.

#include <sys/types.h>

#include <csignal>
#include <cstdint>
#include <optional>

#include "schema/error.h"
#include "schema/ids.h"
#include "schema/registers.h"

namespace bygone {

enum class Outcome { done, gone };

// How a stopped task is set going again; see ptrace(2).
enum class Resume {
  run,              // PTRACE_CONT
  to_system_call,   // PTRACE_SYSCALL
  emulating_calls,  // PTRACE_SYSEMU: stops at the next call, which is not run
  single_step,      // PTRACE_SINGLESTEP
  listen,           // PTRACE_LISTEN: stay in group-stop, report its end
};

// What becomes of a tracee whose tracer dies (PTRACE_O_EXITKILL).
enum class WhenTracerDies { is_killed, run_on };

// Attaches without stopping (PTRACE_SEIZE), with all events on and PTRACE_O_TRACESYSGOOD.
Expected<void> seize(pid_t tid, WhenTracerDies when = WhenTracerDies::is_killed);

// From now on the filters of the stopped task are not asked (PTRACE_O_SUSPEND_SECCOMP: takes CAP_SYS_ADMIN,
// and a tracer without filters); heed_filters ends that.
Outcome suspend_filters(pid_t tid, WhenTracerDies when);
Outcome heed_filters(pid_t tid, WhenTracerDies when);

Outcome resume(pid_t tid, Resume how, int signal = 0);
Outcome get_registers(pid_t tid, Registers& registers);
Outcome set_registers(pid_t tid, const Registers& registers);
Outcome get_siginfo(pid_t tid, siginfo_t& info);
Outcome set_siginfo(pid_t tid, const siginfo_t& info);
// Blocked signals, signal N as bit N - 1. While a task waits in sigsuspend(2) and its like this is the mask
// it waits with.
Outcome get_signal_mask(pid_t tid, uint64_t& mask);
Outcome set_signal_mask(pid_t tid, uint64_t mask);
// Does the stopped task stand at the entry of a system call (PTRACE_GET_SYSCALL_INFO, Linux 5.3)?
bool is_at_call_entry(pid_t tid);
// si_code of the SIGSYS a call becomes under PR_SET_SYSCALL_USER_DISPATCH: the kernel tells no tracer of such
// a call.
constexpr int kSysUserDispatch = 2;
// A fault of the instruction the task stands at, not a signal somebody sent (sigaction(2), si_code).
bool raised_by_instruction(const siginfo_t& info);
Outcome get_event_message(pid_t tid, uint64_t& message);

// What a wait status says of a tracee attached with seize().
struct Stop {
  enum class Kind {
    exited,       // gone; wait_status says how
    system_call,  // entry or exit of a system call
    signal,       // signal-delivery-stop; `signal`
    group_stop,   // stopped by job control; `signal`
    trap,         // PTRACE_EVENT_STOP: a new task's first stop, or the end of a group-stop
    event,        // PTRACE_EVENT_*; `event`
  };
  Kind kind = Kind::exited;
  pid_t tid = 0;
  int wait_status = 0;
  int signal = 0;
  int event = 0;
};
Stop decode_stop(pid_t tid, int wait_status);

// Waits for a change of `tid` (or of any tracee, -1). Empty: nothing there yet (no_wait), no such child, or
// interrupted by one of our own signals.
enum class Waiting { block, no_wait };
std::optional<Stop> wait_for(pid_t tid, Waiting waiting);
// Waits for a change of `tid` however often signals of our own interrupt that: for tracees that run with
// something of theirs changed, which nobody else could put right when their stop turns up later. Empty: no
// such child.
std::optional<Stop> wait_through_signals(pid_t tid);

// The state letter of proc(5) for a task ('R', 'S', 'D', 'Z', ...), or 0 if it is gone.
char task_state(pid_t tgid, pid_t tid);
// How long a thread has run on a processor, in ns (/proc/PID/task/TID/schedstat); nothing where the kernel
// does not count it.
std::optional<int64_t> processor_time_ns(pid_t tgid, pid_t tid);
// Past the last stop it can report, or gone. It may take long to become a zombie: the first process of a pid
// namespace waits for all others in it (pid_namespaces(7)).
bool is_ending(pid_t tid);
// A zombie, or gone; `tid` alone names it too (/proc/TID exists for every thread).
bool has_ended(pid_t tgid, pid_t tid);

// Pins the calling thread, and so every process it starts, to the processor. -1: the one it runs on. Returns
// the processor's number, or -1 if that one is not allowed here (nothing is changed then).
int pin_to_processor(int processor);

}  // namespace bygone
