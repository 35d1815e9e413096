#pragma once

#include <sys/types.h>

#include <csignal>
#include <cstdint>

namespace bygone {

inline constexpr int kEventStop = 128;  // PTRACE_EVENT_STOP

// As wait(2) tells of a stop.
constexpr int stop_status(int signal, int event = 0) {
  return 0x7f | signal << 8 | event << 16;
}

// A recorded task as its recorded tracer has it. Really the recorder traces both: what stops the tracer is to
// see, and what it asks for, is emulated here, by the rules of ptrace(2). While the task is in a stop it
// stands in one of the recorder's own.
struct Traced {
  // Where it stands in a stop, which says how it goes on from there.
  enum class Place {
    nowhere,     // it runs, or waits for its turn
    user,        // between two instructions, at its last frame
    call_entry,  // its `enter` frame is written
    clone,       // PTRACE_EVENT_FORK, _VFORK and _CLONE: inside the call
    seccomp,     // PTRACE_EVENT_SECCOMP: inside the call
    group_stop,
    exit,  // PTRACE_EVENT_EXIT
  };
  // How it was let go last; see ptrace(2).
  enum class Going { freely, to_system_call, emulating_calls, single_step, step_emulating_calls };

  pid_t tracer = 0;    // the thread; 0 if it has none
  bool child = false;  // of the tracer's process, whose own waits tell of its end
  bool seized = false;
  uint32_t options = 0;  // PTRACE_O_*
  Going going = Going::freely;

  Place place = Place::nowhere;
  bool released = false;     // the tracer has let it go, and it waits for its turn
  int status = 0;            // of the stop, as wait(2) tells
  bool told = false;         // a wait has told it
  siginfo_t info{};          // PTRACE_GETSIGINFO
  uint64_t message = 0;      // PTRACE_GETEVENTMSG
  bool at_delivery = false;  // the recorder's stop is a signal's delivery, too
  bool skips_call = false;   // PTRACE_SYSEMU: the call it stands at is not to be run
  int signal = 0;            // to go on with
  bool altered = false;      // its registers are others than the program's

  // Stops to come.
  bool attach_due = false;      // the SIGSTOP of PTRACE_ATTACH
  bool interrupt_due = false;   // PTRACE_INTERRUPT, or the first stop of a child seized by an option
  bool vfork_done_due = false;  // PTRACE_EVENT_VFORK_DONE
  bool exec_due = false;        // PTRACE_EVENT_EXEC
  pid_t exec_former = 0;        // its message
  bool call_exit_due = false;   // of a call that has returned
  bool exec_trap_due = false;   // the SIGTRAP after execve(2) where PTRACE_EVENT_EXEC is off
  bool exit_told = false;       // PTRACE_EVENT_EXIT was
  bool passing = false;         // the tracer has decided on the signal that arrives next
  bool listening = false;       // PTRACE_LISTEN

  bool steps() const { return going == Going::single_step || going == Going::step_emulating_calls; }
  bool emulates() const { return going == Going::emulating_calls || going == Going::step_emulating_calls; }
  bool at_call() const {  // in a stop of PTRACE_SYSCALL
    return (status >> 8 & 0x7f) == SIGTRAP && status >> 16 == 0 && (info.si_code & 0x7f) == SIGTRAP;
  }
  bool stopped() const { return place != Place::nowhere && !released; }
};

// The end of a task that only its tracer's waits tell of: it is no child of the tracer, or no leader.
struct TraceeEnd {
  pid_t tid = 0;
  pid_t number = 0;  // this and its group's as the tracer sees them, in its pid namespace
  pid_t tgid = 0;
  pid_t pgid = 0;
  pid_t tracer = 0;
  pid_t tracer_tgid = 0;
  uid_t uid = 0;
  int status = 0;
};

}  // namespace bygone
