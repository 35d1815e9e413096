#pragma once

#include <sched.h>
#include <sys/syscall.h>

#include <chrono>
#include <csignal>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "recorder/device_memory.h"
#include "recorder/fault_actions.h"
#include "recorder/seccomp_filters.h"
#include "recorder/traced.h"
#include "schema/rows.h"
#include "tracee/address_space.h"
#include "tracee/maps_proof.h"
#include "tracee/memory.h"
#include "tracee/memory_watch.h"
#include "tracee/path_arguments.h"
#include "tracee/ptrace.h"
#include "tracee/sleep_calls.h"
#include "tracee/syscall_interpreter.h"

namespace bygone {

// An address space of the running program and the tasks that share it.
struct RecordedSpace {
  RecordedSpace(AddressSpace model, pid_t tid) : space(std::move(model)), memory(tid) {}
  ~RecordedSpace();

  AddressSpace space;
  TraceeMemory memory;
  MapsProof proof;
  std::set<pid_t> users;
  AddressSpaceId parent;        // it was forked from
  Address program_break;        // 0 until the first brk(2)
  int statm = -1;               // kept open for mapped_pages()
  bool timestamps_trap = true;  // the instructions that read the time stamp counter are replaced
  int64_t page_excess = 0;      // pages the kernel counts and /proc/PID/maps does not show
  DeviceMemory devices;
  std::optional<int> dumpable;  // as the program has it (PR_SET_DUMPABLE), where that is not carried out
  // Asynchronous ones that are not known to have ended, by the address of their iocb: where they write.
  std::map<uint64_t, std::vector<MemoryRange>> reads_under_way;
  // The process one of whose threads was killed while it computed: nobody can tell how far it had come, and
  // the others are to end too.
  pid_t killed_midway = 0;
};

// Calls about tasks that are traced by tasks: their results are ours to give.
enum class TracingCall { none, request, wait };

inline bool is_exec(int64_t call) {
  return call == SYS_execve || call == SYS_execveat;
}

// As sched_getscheduler(2) and sched_getparam(2) tell of it.
struct PolicyAsked {
  int policy = 0;
  int32_t priority = 0;
};

// In a call that a signal the task ignores may have woken.
struct Sleep {
  const SleepCall* call = nullptr;
  std::chrono::steady_clock::time_point began;
  bool goes_on = false;  // it was woken for nothing and begins again
};

struct RecordedTask {
  enum class State {
    ready,    // stopped, everything before is written down; may be set going
    away,     // the kernel has it: inside a call, asleep in a group-stop, or dying
    leaving,  // let go at its exit, not reaped yet
  };

  TaskId id;
  pid_t tid = 0;
  pid_t tgid = 0;
  pid_t maker = 0;             // the thread that made it
  std::vector<pid_t> numbers;  // its own in each pid namespace, ours first; empty where there is but ours
  State state = State::ready;
  uid_t user = 0;  // and `group`: effective, where we need them to look at it
  gid_t group = 0;
  uint64_t last_turn = 0;       // when it was given its turn last, counted in turns
  std::optional<Stop> pending;  // reported, not looked at yet
  std::shared_ptr<RecordedSpace> space;

  Registers registers;                    // as of its last frame
  bool in_call = false;                   // between a call's entry and its exit
  bool lost_turn = false;                 // its `enter` frame for this call is written
  bool signal_at_return = false;          // the signal at hand comes where its last frame left it
  bool call_returned = false;             // its last frame was the return of a call, which may start again
  std::vector<std::byte> extended_state;  // XSAVE area, as of the entry of the call it sleeps in
  bool exec_pending = false;              // past PTRACE_EVENT_EXEC, before that call's exit
  CallEntry entry;                        // of the call it is in
  const CallRow* row = nullptr;
  std::vector<GivenPath> paths;  // given to that call
  bool may_block = false;
  bool writes_at_return = false;       // that call, while it sleeps there
  std::unique_ptr<MemoryWatch> watch;  // over a call that nothing describes
  int64_t interrupted_call = -1;       // what restart_syscall(2) goes on with
  std::optional<Sleep> sleep;
  std::optional<uint32_t> aio_tail;  // how far the ring of that call's context was filled
  SeccompFilters::Shared filters;
  SeccompFilters::Answer answer_of_filters = SeccompFilters::Answer::is_made;  // to that call
  std::optional<Registers> sent_back;  // those it has when the call made instead of its own is over
  bool end_told = false;               // the frame of the exit(2) or exit_group(2) it is in is written
  std::shared_ptr<FaultActions> fault_actions = std::make_shared<FaultActions>();  // shared as handlers are
  std::optional<KernelAction> given_action;  // by the rt_sigaction(2) it is in
  std::optional<uint64_t> known_mask;        // the signals it blocks, until it may have changed that
  std::optional<int64_t> forced_result;      // the call is not run and answers this
  bool beside_own_pages = false;          // the call is run by us, in parts that leave bygone's pages alone
  bool argument_replaced = false;         // the kernel was given another argument than the program gave
  std::optional<int64_t> input_position;  // of the file a copying call reads from, at entry

  // Signals taken from it at a moment that could not be found again; delivered before its next call.
  std::deque<siginfo_t> held_signals;
  bool signals_due = false;      // the first of them is to arrive where the task stands, once it goes on
  bool sleeps_in_vfork = false;  // until its child executes a program or ends; nothing stops it before
  bool may_detach = false;       // let go of, and held until others are
  bool image_lost = false;       // its execve(2) failed when its old memory was gone, and it is being killed
  bool injecting = false;    // the front of held_signals is on its way, to come before the call it stands at
  int carriers = 0;          // real-time signals sent to bring held ones, that have not arrived yet
  bool reinjecting = false;  // the front of held_signals was sent anew, to come where the task stands
  Registers interrupted_at;  // by the last signal, and how many times in a row
  int interruptions = 0;
  std::optional<uint64_t> own_mask;  // signals it blocks by itself, while the recorder keeps others out
  uint64_t ignored_signals = 0;      // by its process, when signal_actions_ of the session was ignored_as_of
  uint64_t ignored_as_of = 0;
  bool heeds_signal = false;     // was interrupted, to keep fewer of them out
  bool in_user_code = false;     // ran since its last frame
  bool computing = false;        // runs right now
  bool sleeps_in_fault = false;  // was computing, and waits for a page that another task provides
  // While it is in user code: since when, how many times kLongComputationUs it may compute before it is next
  // tried to stop it in the middle, and whether the user knows that this does not work.
  std::chrono::steady_clock::time_point computes_since;
  int next_attempt = 0;
  int next_snapshot_attempt = 0;  // likewise, where only a snapshot waits for it
  bool told_of_spin = false;
  bool job_stopped = false;                   // in a group-stop, and listens for its end
  std::optional<cpu_set_t> processors_asked;  // sched_setaffinity(2)
  std::optional<PolicyAsked> policy_asked;    // a real-time one, which it has not got
  bool timestamps_fault = false;              // PR_TSC_SIGSEGV
  Traced traced;                              // by another task of the recording
  TracingCall tracing_call = TracingCall::none;
  EventNumber exit_event;              // its exit frame, once that is written
  int exit_status = 0;                 // as told there
  Address clear_tid;                   // set_tid_address(2)
  std::vector<Address> words_at_exit;  // the kernel changes them when the task ends; known once it is ending
  std::vector<uint32_t> words_before;  // what they held then
};

}  // namespace bygone
