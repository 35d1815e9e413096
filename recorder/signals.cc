#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "recorder/kinship.h"
#include "recorder/scoped_signal_mask.h"
#include "recorder/session.h"
#include "recorder/signal_action.h"
#include "tracee/extended_state.h"
#include "tracee/stub_image.h"

namespace bygone {

namespace {

constexpr uint64_t kTrapFlag = 0x100;

// And has done nothing since.
bool has_left_handler(const RecordedTask& task) {
  return task.entry.registers[Register::orig_rax] == SYS_rt_sigreturn;
}

bool same_but_for_call_number(Registers a, Registers b) {
  a[Register::orig_rax] = b[Register::orig_rax] = 0;
  return a == b;
}

// Calls that answer with a fault of their own: a signal frame that is none, and those meant for code the
// kernel plants; and those that send one as if an instruction had raised it.
bool raised_by_call(uint64_t call, bool at_its_return) {
  constexpr uint64_t kUretprobe = 335, kUprobe = 336;
  switch (call) {
    case SYS_rt_sigreturn:
    case kUretprobe:
    case kUprobe:
    case SYS_rt_sigqueueinfo:
    case SYS_rt_tgsigqueueinfo:
    case SYS_pidfd_send_signal:
      return at_its_return;
    default:
      return false;
  }
}

siginfo_t trap_after_step(const RecordedTask& task) {
  siginfo_t info{};
  info.si_signo = SIGTRAP;
  info.si_code = TRAP_TRACE;
  info.si_addr = reinterpret_cast<void*>(task.registers[Register::rip]);
  return info;
}

// signal(7); a process that ends by one of these has crashed.
bool dumps_core(int signal) {
  switch (signal) {
    case SIGABRT:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
    case SIGQUIT:
    case SIGSEGV:
    case SIGSYS:
    case SIGTRAP:
    case SIGXCPU:
    case SIGXFSZ:
      return true;
    default:
      return false;
  }
}

// Size of the frame the kernel has just pushed at `stack_pointer`: struct rt_sigframe (return address,
// ucontext, siginfo), with the extended state above it (arch/x86/kernel/signal_64.c).
uint64_t signal_frame_size(TraceeMemory& memory, Address stack_pointer) {
  constexpr uint64_t kFixedPart = 8 + sizeof(ucontext_t) + sizeof(siginfo_t);
  uint64_t end = stack_pointer.value + kFixedPart;
  uint64_t extended = 0;
  if (memory.read_value(stack_pointer + 8 + offsetof(ucontext_t, uc_mcontext.fpregs), extended) &&
      extended != 0) {
    uint64_t size = sizeof(_fpstate);
    _fpx_sw_bytes software{};
    if (memory.read_value(Address{extended + 464}, software) && software.magic1 == FP_XSTATE_MAGIC1)
      size = software.extended_size;
    constexpr uint64_t kLargestState = 64 << 10;
    if (extended > stack_pointer.value && size < kLargestState) end = std::max(end, extended + size);
  }
  return end - stack_pointer.value;
}

// In front of an instruction that may set the flag itself the kernel leaves ours in the frame
// (is_setting_trap_flag(), arch/x86/kernel/step.c).
void clear_trap_flag(TraceeMemory& memory, Address frame) {
  constexpr uint64_t kReturnAddress = 8;
  const Address at = frame + kReturnAddress + offsetof(ucontext_t, uc_mcontext.gregs[REG_EFL]);
  uint64_t flags = 0;
  if (memory.read_value(at, flags) && (flags & kTrapFlag) != 0) memory.write_value(at, flags & ~kTrapFlag);
}

}  // namespace

bool Session::can_be_delivered(const RecordedTask& task, int signal) {
  const bool blocked = (signals_blocked_by(task.tid) & signal_bit(signal)) != 0;
  return !blocked && action_for(task.tid, signal) != SignalAction::ignored;
}

void Session::leave_call(RecordedTask& task) {
  // As if the call had not begun: back onto the instruction, with the number where it was. rcx and r11 are
  // lost to the call in any case.
  const Registers kernels = without_call(task);
  task.registers[Register::rip] -= 2;
  task.registers[Register::rax] = task.registers[Register::orig_rax];
  task.registers[Register::orig_rax] = ~uint64_t{0};
  if (task.filters) task.sent_back = task.registers;
  set_registers(task.tid, task.filters ? kernels : task.registers);
}

void Session::come_back(RecordedTask& task) {
  if (!task.sent_back) return;
  task.registers = *std::exchange(task.sent_back, std::nullopt);
  set_registers(task.tid, task.registers);
}

bool Session::is_crowded_out_at_call(const RecordedTask& task) {
  Registers before_call = task.registers;
  before_call[Register::rip] -= 2;
  return is_crowded_out(task, before_call);
}

bool Session::may_inject(const RecordedTask& task) {
  if (is_crowded_out_at_call(task) && !may_block(task.registers)) return false;
  // Held over a call that was let pass, which may have blocked it.
  uint64_t mask = 0;
  return get_signal_mask(task.tid, mask) == Outcome::done &&
         (mask & signal_bit(task.held_signals.front().si_signo)) == 0;
}

// It arrives where the task stands, or out of the call that is about to be made.
void Session::send_held_signal(RecordedTask& task) {
  task.reinjecting = true;
  const int signal = task.held_signals.front().si_signo;
  expect_carrier(task, signal);
  syscall(SYS_tgkill, task.tgid, task.tid, signal);
}

// As it was, pending once more; the kernel lets us do that with what no process could have sent otherwise
// (rt_sigqueueinfo(2)).
bool Session::give_back_signal(RecordedTask& task) {
  siginfo_t held = task.held_signals.front();
  const bool given = held.si_code < 0 && held.si_code != SI_TKILL &&
                     syscall(SYS_rt_tgsigqueueinfo, task.tgid, task.tid, held.si_signo, &held) == 0;
  if (given) task.held_signals.pop_front();
  return given;
}

Expected<void> Session::begin_injection(RecordedTask& task) {
  leave_call(task);
  task.in_call = true;
  task.injecting = true;
  return go_on_injecting(task, 0);
}

Expected<void> Session::go_on_injecting(RecordedTask& task, int signal) {
  task.state = RecordedTask::State::away;
  task.in_user_code = false;
  keep_signals_out(task, ~signal_bit(task.held_signals.front().si_signo));
  if (resume(task.tid, Resume::to_system_call, signal) == Outcome::gone) return {};
  // It has computed up to here and no frame says so yet: nobody else may have a turn before the signal's
  // does.
  const auto stop = wait_through_signals(task.tid);
  if (!stop) return {};
  ++outcome_.ptrace_stops;
  return handle(task, *stop);
}

Expected<void> Session::on_signal(RecordedTask& task, int signal) {
  siginfo_t info;
  Registers now;
  if (arrived_signal(task, info) == Outcome::gone || get_registers(task.tid, now) == Outcome::gone) return {};
  if (task.injecting) {
    const int expected = task.held_signals.front().si_signo;
    if (signal != expected) {  // SIGSTOP: all others were kept out
      hold_signal(task, info);
      return go_on_injecting(task, 0);
    }
    task.injecting = false;
    task.registers = now;
    exchange_for_held(task, info);
    return deliver(task, info, SignalPosition::call_entry);
  }
  if (task.reinjecting && signal == task.held_signals.front().si_signo) {
    task.reinjecting = false;
    exchange_for_held(task, info);
    return deliver(task, info, SignalPosition::call_exit);
  }
  if (raised_by_instruction(info)) {
    const Registers before = std::exchange(task.registers, now);
    const bool faults = becomes_fault(task, info);
    if (faults && !can_be_delivered(task, SIGSEGV)) return end_by_fault(task, info);
    if (!faults && emulate_instruction(task, info)) {
      BYGONE_TRY(give_back_fault_action(task, info.si_signo));
      task.state = RecordedTask::State::ready;
      const uint64_t value = task.registers[Register::rax] | (task.registers[Register::rdx] << 32);
      BYGONE_TRY(complete(task, FrameKind::instruction, std::nullopt, int64_t(value)));
      stop_after_step(task, trap_after_step(task));
      return {};
    }
    const bool moved = task.in_user_code && !raised_by_call(task.entry.registers[Register::orig_rax],
                                                            same_but_for_call_number(now, before));
    return deliver(task, info, moved ? SignalPosition::fault : SignalPosition::call_exit);
  }
  if (same_but_for_call_number(now, task.registers)) {
    if (!is_crowded_out(task, now))
      return exchange_for_held(task, info) ? deliver(task, info, SignalPosition::call_exit)
                                           : run_user_code(task);
    keep_signals_out(task);
  }
  hold_signal(task, info);
  return run_user_code(task);
}

// A signal is about to be sent to make a held one arrive. Standard signals become one where they meet.
void Session::expect_carrier(RecordedTask& task, int signal) {
  if (signal >= kFirstQueued) ++task.carriers;
}

// Did we send it, to make a held one arrive? As PTRACE_SYSCALL with a signal does, or tgkill(2), whose sender
// is 0 in another pid namespace. Among those of its number it comes last, when they may have brought the held
// ones along.
bool Session::is_carrier(const RecordedTask& task, const siginfo_t& info) {
  const bool from_tgkill = info.si_code == SI_TKILL && (info.si_pid == getpid() || info.si_pid == 0);
  return task.carriers > 0 && info.si_signo >= kFirstQueued && (info.si_code == SI_KERNEL || from_tgkill);
}

// Signals of one number arrive in the order they were sent, and those held were sent before those that come
// now.
bool Session::exchange_for_held(RecordedTask& task, siginfo_t& info) {
  const auto held = std::find_if(task.held_signals.begin(), task.held_signals.end(),
                                 [&](const siginfo_t& other) { return other.si_signo == info.si_signo; });
  const bool is_carried = is_carrier(task, info);
  if (is_carried) --task.carriers;
  if (held == task.held_signals.end()) return !is_carried;
  const siginfo_t arrived = std::exchange(info, *held);
  task.held_signals.erase(held);
  if (arrived.si_signo >= kFirstQueued && !is_carried) task.held_signals.push_back(arrived);
  set_siginfo(task.tid, info);
  return true;
}

bool Session::put_aside(RecordedTask& task, const Stop& stop) {
  if (stop.kind != Stop::Kind::signal || task.in_call || task.injecting) return false;
  siginfo_t info;
  Registers now;
  if (arrived_signal(task, info) == Outcome::gone || get_registers(task.tid, now) == Outcome::gone)
    return false;
  const bool reinjected = task.reinjecting && stop.signal == task.held_signals.front().si_signo;
  if (reinjected || raised_by_instruction(info)) return false;
  if (same_but_for_call_number(now, task.registers)) {
    if (!is_crowded_out(task, now)) return false;
    keep_signals_out(task);
  }
  hold_signal(task, info);  // waits for the next call
  return true;
}

void Session::note_interruption(RecordedTask& task, const siginfo_t& info) {
  const bool there_again =
      same_but_for_call_number(std::exchange(task.interrupted_at, task.registers), task.registers);
  // Those that somebody sent come to an end.
  const bool sent = info.si_code == SI_USER || info.si_code == SI_QUEUE || info.si_code == SI_TKILL;
  if (there_again && sent) return;
  if (there_again && has_left_handler(task))
    ++task.interruptions;
  else
    task.interruptions = 1;
}

// A timer that is faster than a handler takes while it is recorded would let a task do nothing else.
bool Session::is_crowded_out(const RecordedTask& task, const Registers& at) {
  return task.interruptions >= kMostInterruptions && has_left_handler(task) &&
         at[Register::rip] == task.interrupted_at[Register::rip] &&
         at[Register::rsp] == task.interrupted_at[Register::rsp];
}

void Session::keep_signals_out(RecordedTask& task, uint64_t which) {
  if (task.own_mask) return;
  uint64_t mask = 0;
  if (get_signal_mask(task.tid, mask) == Outcome::gone) return;
  task.own_mask = mask;
  set_signal_mask(task.tid, mask | (which & ~kRaisedByInstructions));
}

void Session::let_signals_in(RecordedTask& task) {
  if (task.own_mask) set_signal_mask(task.tid, *task.own_mask);
  task.own_mask.reset();
}

void Session::hold_signal(RecordedTask& task, const siginfo_t& info) {
  if (is_carrier(task, info)) {
    --task.carriers;
    return;
  }
  // One that is pending already swallows the next.
  const bool queues = info.si_signo >= kFirstQueued;
  const bool pending = std::any_of(task.held_signals.begin(), task.held_signals.end(),
                                   [&](const siginfo_t& held) { return held.si_signo == info.si_signo; });
  if (queues || !pending) task.held_signals.push_back(info);
}

void Session::log_signal(RecordedTask& task, const siginfo_t& info, SignalPosition position,
                         SignalAction action) {
  log_.row(Signal{log_.next(), Tid{task.tid}, info.si_signo, info.si_code, position, action},
           std::as_bytes(std::span(&info, 1)));
  // Rights to protection keys tell it from accesses that were allowed.
  if (info.si_signo == SIGSEGV && info.si_code == SEGV_PKUERR) log_extended_state(task);
}

Expected<void> Session::deliver(RecordedTask& task, const siginfo_t& info, SignalPosition position) {
  if (task.traced.tracer != 0 && info.si_signo != SIGKILL && !std::exchange(task.traced.passing, false))
    return stop_at_signal(task, info, position);
  return deliver_now(task, info, position);
}

Expected<void> Session::deliver_now(RecordedTask& task, const siginfo_t& info, SignalPosition position) {
  if (position != SignalPosition::fault) note_interruption(task, info);
  const int signal = info.si_signo;
  SignalAction action = action_for(task.tid, signal);
  const bool ends_init =
      action == SignalAction::ignored && position == SignalPosition::fault && is_namespace_init(task.tgid);
  if (ends_init) action = SignalAction::terminated;
  log_signal(task, info, position, action);
  task.signal_at_return = position == SignalPosition::call_exit;
  // What a fault did to the stack before it (growth) belongs here too: complete() looks.
  BYGONE_TRY(complete(task, FrameKind::signal, signal, std::nullopt));
  if (action == SignalAction::handled) return enter_handler(task, signal);
  if (action == SignalAction::ignored && task.traced.tracer != 0) {
    task.state = RecordedTask::State::ready;  // to be stepped, perhaps
    return {};
  }
  task.state = RecordedTask::State::away;
  if (action == SignalAction::terminated) dying_[task.tgid] = task.tid;
  if (action == SignalAction::terminated && dumps_core(info.si_signo) && options_.crashed)
    options_.crashed(EventNumber{log_.events()});
  if (ends_init) return end_init(task);
  if (resume(task.tid, Resume::to_system_call, signal) == Outcome::gone) return {};
  if (action == SignalAction::ignored) {
    enter_user_code(task);
    return follow_user_code(task);
  }
  return {};
}

// The fault of a namespace's first process ends it, but not while it is traced (kernel/signal.c,
// force_sig_info_to_task()). A system call's dispatcher that cannot read its selector does it then
// (kernel/entry/syscall_user_dispatch.c), always with SIGSEGV.
Expected<void> Session::end_init(RecordedTask& task) {
  constexpr uint64_t kNowhere = 1;
  RemoteCall dispatch{SYS_prctl, {PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0, 0, kNowhere}};
  std::vector<siginfo_t> arrived;
  const auto done = make_calls(task, std::span(&dispatch, 1), arrived);
  if (!done || dispatch.result != 0) {
    kill(task.tgid, SIGKILL);
    return wait_for_end(task);
  }
  Registers call = task.registers;
  call[Register::rip] = stub_call().value;
  call[Register::rax] = SYS_getpid;
  call[Register::eflags] &= ~kTrapFlag;
  set_registers(task.tid, call);
  return wait_for_end(task);
}

Expected<void> Session::enter_handler(RecordedTask& task, int signal) {
  const bool stepped_itself = (task.registers[Register::eflags] & kTrapFlag) != 0;
  task.sleep.reset();
  task.known_mask.reset();
  if ((kIgnoredByDefault & signal_bit(signal)) != 0) ++signal_actions_;  // SA_RESETHAND
  if (KernelAction* const fault = task.fault_actions->find(signal);
      fault != nullptr && (fault->flags & SA_RESETHAND) != 0)
    *fault = {};
  task.state = RecordedTask::State::away;
  if (resume(task.tid, Resume::single_step, signal) == Outcome::gone) return {};
  const auto stop = wait_through_signals(task.tid);
  if (!stop) return {};
  ++outcome_.ptrace_stops;
  if (stop->kind != Stop::Kind::signal || stop->signal != SIGTRAP) return handle(task, *stop);
  if (get_registers(task.tid, task.registers) == Outcome::gone) return {};
  TraceeMemory& memory = task.space->memory;
  const Address stack_pointer{task.registers[Register::rsp]};
  if (!stepped_itself) clear_trap_flag(memory, stack_pointer);
  std::vector<std::byte> frame(signal_frame_size(memory, stack_pointer));
  if (memory.read(stack_pointer, frame)) log_.memory_write(Tid{task.tid}, stack_pointer, frame);
  log_extended_state(task);
  task.state = RecordedTask::State::ready;
  BYGONE_TRY(complete(task, FrameKind::handler, signal, std::nullopt));
  stop_after_step(task);
  return {};
}

}  // namespace bygone
