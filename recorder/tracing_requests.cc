#include <elf.h>
#include <linux/audit.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include "recorder/kinship.h"
#include "recorder/session.h"
#include "tracee/call_result.h"

namespace bygone {

// ptrace(2) of a recorded tracer, made on its behalf: the recorder is the one that holds the tracee.

namespace {

constexpr int kOldSetOptions = 21;  // PTRACE_OLDSETOPTIONS
constexpr int kArchPrctl = 30, kGetThreadArea = 25, kSysemu = 31, kSysemuSinglestep = 32, kSingleblock = 33;
constexpr int kGetSyscallInfo = 0x420e, kGetRseq = 0x420f, kSetUserDispatch = 0x4210;
constexpr int kGetUserDispatch = 0x4211;
constexpr uint64_t kKnownOptions = 0x3000ff;
constexpr uint64_t kDebugRegisters = offsetof(user, u_debugreg);
constexpr int kSignals = 64;

template <class T>
std::span<const std::byte> bytes_of(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}

void* as_pointer(uint64_t value) {
  return reinterpret_cast<void*>(value);
}

long really(int request, pid_t tid, uint64_t address, void* data) {
  const long result = syscall(SYS_ptrace, request, tid, address, data);
  return result < 0 ? -errno : result;
}

// struct ptrace_syscall_info (linux/ptrace.h).
struct SyscallInfo {
  uint8_t op = 0;
  uint8_t padding[3] = {};
  uint32_t arch = AUDIT_ARCH_X86_64;
  uint64_t instruction_pointer = 0;
  uint64_t stack_pointer = 0;
  union {
    struct {
      uint64_t number;
      uint64_t arguments[6];
      uint32_t seccomp_data;
    } entry;
    struct {
      int64_t result;
      uint8_t is_error;
    } exit;
  };
};

}  // namespace

bool Session::hand_over(RecordedTask& task, Address at, std::span<const std::byte> bytes) {
  for (Address page = page_floor(at); page < at + bytes.size(); page = page + kPageSize) {
    const Mapping* const mapping = task.space->space.find(page);
    if (mapping == nullptr || !mapping->recorded.prot.write) return false;
  }
  if (!task.space->memory.write(at, bytes)) return false;
  log_.memory_write(Tid{task.tid}, at, bytes);
  return true;
}

void Session::finish_tracing_call(RecordedTask& task) {
  switch (std::exchange(task.tracing_call, TracingCall::none)) {
    case TracingCall::none:
      return;
    case TracingCall::wait:
      return finish_wait(task);
    case TracingCall::request:
      task.forced_result = emulate_request(task);
      return;
  }
}

int64_t Session::emulate_request(RecordedTask& tracer) {
  const Registers& call = tracer.entry.registers;
  const int request = int(call.argument(0));
  switch (request) {
    case PTRACE_TRACEME:
      return trace_me(tracer);
    case PTRACE_ATTACH:
    case PTRACE_SEIZE:
      return attach(tracer);
    default:
      break;
  }
  RecordedTask* const tracee = find_as_seen_by(tracer, pid_t(call.argument(1)));
  if (tracee == nullptr || tracee->traced.tracer != tracer.tid) return -ESRCH;
  switch (request) {
    case PTRACE_KILL:
      syscall(SYS_tgkill, tracee->tgid, tracee->tid, SIGKILL);
      return 0;
    case PTRACE_INTERRUPT:
      return interrupt(*tracee);
    default:
      break;
  }
  if (!tracee->traced.stopped()) return -ESRCH;
  switch (request) {
    case PTRACE_CONT:
    case PTRACE_SYSCALL:
    case PTRACE_SINGLESTEP:
    case kSysemu:
    case kSysemuSinglestep:
    case kSingleblock:
    case PTRACE_DETACH:
    case PTRACE_LISTEN:
      return let_tracee_go(*tracee, request, call.argument(3));
    case PTRACE_SETOPTIONS:
    case kOldSetOptions:
      return set_options(*tracee, call.argument(3));
    case PTRACE_PEEKTEXT:
    case PTRACE_PEEKDATA:
    case PTRACE_POKETEXT:
    case PTRACE_POKEDATA:
      return tracee_memory(tracer, *tracee, request);
    case PTRACE_GETREGSET:
    case PTRACE_SETREGSET:
      return register_set(tracer, *tracee, request);
    default:
      return ask_tracee(tracer, *tracee, request);
  }
}

int64_t Session::trace_me(RecordedTask& task) {
  if (task.traced.tracer != 0) return -EPERM;
  // The thread that made it, if that is still its parent.
  const pid_t parent = parent_of(task.tid);
  RecordedTask* const maker = find(task.maker);
  RecordedTask* const tracer = maker != nullptr && maker->tgid == parent ? maker : find(parent);
  if (tracer == nullptr) return task.tid == first_tid_ ? 0 : -EPERM;
  take_as_tracee(task, tracer->tid);
  return 0;
}

int64_t Session::attach(RecordedTask& tracer) {
  const Registers& call = tracer.entry.registers;
  const pid_t number = pid_t(call.argument(1));
  const bool seizes = int(call.argument(0)) == PTRACE_SEIZE;
  if (seizes && (call.argument(2) != 0 || (call.argument(3) & ~kKnownOptions) != 0)) return -EIO;
  if (number <= 0) return -ESRCH;
  RecordedTask* const task = find_as_seen_by(tracer, number);
  if (task == nullptr && tracer.numbers.size() > 1) return -ESRCH;
  if (task == nullptr) return kill(number, 0) == 0 || errno == EPERM ? -EPERM : -ESRCH;
  const pid_t tid = task->tid;
  if (!may_trace(tracer.tid, tid) || task->tgid == tracer.tgid || task->traced.tracer != 0 || !task->space)
    return -EPERM;
  if (task->state == RecordedTask::State::leaving) return -EPERM;
  take_as_tracee(*task, tracer.tid);
  task->traced.seized = seizes;
  if (seizes) task->traced.options = uint32_t(call.argument(3));
  warn_of_options(task->traced.options);
  if (task->job_stopped)
    ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr);  // it reports its stop anew
  else if (!seizes) {
    task->traced.attach_due = true;
    syscall(SYS_tgkill, task->tgid, tid, SIGSTOP);
  }
  return 0;
}

int64_t Session::interrupt(RecordedTask& tracee) {
  if (!tracee.traced.seized) return -EIO;
  if (tracee.traced.stopped()) {
    if (tracee.traced.listening)
      stop_for_tracer(tracee, tracee.traced.place, stop_status(SIGTRAP, kEventStop));
    else
      tracee.traced.interrupt_due = true;  // once it goes on
    return 0;
  }
  if (!tracee.job_stopped) tracee.traced.interrupt_due = true;
  if (tracee.state == RecordedTask::State::away) ptrace(PTRACE_INTERRUPT, tracee.tid, nullptr, nullptr);
  return 0;
}

int64_t Session::set_options(RecordedTask& tracee, uint64_t options) {
  if ((options & ~kKnownOptions) != 0) return -EINVAL;
  tracee.traced.options = uint32_t(options);
  warn_of_options(tracee.traced.options);
  return 0;
}

int64_t Session::let_tracee_go(RecordedTask& tracee, int request, uint64_t signal) {
  Traced& traced = tracee.traced;
  if (request == PTRACE_LISTEN) {
    if (!traced.seized || traced.status >> 16 != kEventStop) return -EIO;
    if (traced.place != Traced::Place::group_stop) {
      traced.listening = true;  // it stays where it is
      return 0;
    }
    traced.place = Traced::Place::nowhere;
    traced.listening = tracee.job_stopped = true;
    resume(tracee.tid, Resume::listen);
    return 0;
  }
  if (signal > kSignals) return -EIO;
  if (request == PTRACE_DETACH) {
    release_tracee(tracee, int(signal));
    return 0;
  }
  switch (request) {
    case PTRACE_SYSCALL:
      traced.going = Traced::Going::to_system_call;
      break;
    case PTRACE_SINGLESTEP:
    case kSingleblock:  // where no branch can be waited for it is one step, as on processors that cannot
                        // either
      traced.going = Traced::Going::single_step;
      break;
    case kSysemuSinglestep:
      traced.going = Traced::Going::step_emulating_calls;
      break;
    case kSysemu:
      traced.going = Traced::Going::emulating_calls;
      break;
    default:
      traced.going = Traced::Going::freely;
      break;
  }
  traced.signal = int(signal);
  traced.released = true;
  tracee.state = RecordedTask::State::ready;
  return 0;
}

int64_t Session::tracee_memory(RecordedTask& tracer, RecordedTask& tracee, int request) {
  const Registers& call = tracer.entry.registers;
  const Address at{call.argument(2)};
  uint64_t word = call.argument(3);
  if (!tracee.space) return -EIO;
  tracee.space->memory.follow(tracee.tid);
  if (request == PTRACE_PEEKTEXT || request == PTRACE_PEEKDATA) {
    if (!tracee.space->memory.read_value(at, word)) return -EIO;
    return hand_over(tracer, Address{call.argument(3)}, bytes_of(word)) ? 0 : -EFAULT;
  }
  if (really(request, tracee.tid, at.value, as_pointer(word)) != 0) return -EIO;
  log_.memory_write(Tid{tracee.tid}, at, bytes_of(word));
  return 0;
}

int64_t Session::register_set(RecordedTask& tracer, RecordedTask& tracee, int request) {
  const Registers& call = tracer.entry.registers;
  const Address area_at{call.argument(3)};
  TraceeMemory& memory = tracer.space->memory;
  iovec area{};
  if (!memory.read_value(area_at, area)) return -EFAULT;
  constexpr size_t kLargest = 64 << 10;
  std::vector<std::byte> bytes(std::min(area.iov_len, kLargest));
  const Address at{reinterpret_cast<uint64_t>(area.iov_base)};
  iovec ours{bytes.data(), bytes.size()};
  if (request == PTRACE_SETREGSET) {
    if (!memory.read(at, bytes)) return -EFAULT;
    tracee.traced.altered = true;
  }
  const long result = really(request, tracee.tid, call.argument(2), &ours);
  if (result != 0) return result;
  if (request == PTRACE_GETREGSET && !hand_over(tracer, at, std::span(bytes).first(ours.iov_len)))
    return -EFAULT;
  const uint64_t size = ours.iov_len;
  return hand_over(tracer, area_at + offsetof(iovec, iov_len), bytes_of(size)) ? 0 : -EFAULT;
}

// Everything else is the kernel's to answer, with what it wants or gives carried over.
int64_t Session::ask_tracee(RecordedTask& tracer, RecordedTask& tracee, int request) {
  const Registers& call = tracer.entry.registers;
  const uint64_t address = call.argument(2);
  const Address data{call.argument(3)};
  Traced& traced = tracee.traced;
  std::byte buffer[8192] = {};
  const auto give = [&](size_t size_bytes) -> int64_t {
    const long result = really(request, tracee.tid, address, buffer);
    if (result < 0) return result;
    return hand_over(tracer, data, std::span(buffer).first(size_bytes)) ? result : -EFAULT;
  };
  const auto take = [&](size_t size_bytes) -> int64_t {
    if (!tracer.space->memory.read(data, std::span(buffer).first(size_bytes))) return -EFAULT;
    const long result = really(request, tracee.tid, address, buffer);
    traced.altered = traced.altered || result == 0;
    return result;
  };
  switch (request) {
    case PTRACE_GETREGS:
      return give(sizeof(user_regs_struct));
    case PTRACE_SETREGS:
      return take(sizeof(user_regs_struct));
    case PTRACE_GETFPREGS:
      return give(sizeof(user_fpregs_struct));
    case PTRACE_SETFPREGS:
      return take(sizeof(user_fpregs_struct));
    case PTRACE_PEEKUSER:
      return give(sizeof(uint64_t));
    case PTRACE_POKEUSER:
      return poke_user(tracee, address, data.value);
    case PTRACE_GETSIGINFO:
      if (traced.place == Traced::Place::group_stop && !traced.seized) return -EINVAL;
      return hand_over(tracer, data, bytes_of(traced.info)) ? 0 : -EFAULT;
    case PTRACE_SETSIGINFO:
      return tracer.space->memory.read_value(data, traced.info) ? 0 : -EFAULT;
    case PTRACE_GETEVENTMSG:
      return hand_over(tracer, data, bytes_of(traced.message)) ? 0 : -EFAULT;
    case PTRACE_GETSIGMASK:
      return address != sizeof(uint64_t) ? -EINVAL : give(sizeof(uint64_t));
    case PTRACE_SETSIGMASK:
      tracee.known_mask.reset();
      return address != sizeof(uint64_t) ? -EINVAL : take(sizeof(uint64_t));
    case kGetSyscallInfo:
      return syscall_info(tracer, tracee);
    case kGetThreadArea:
      return give(16);
    case kGetRseq:
      return give(24);
    case kGetUserDispatch:
      return give(32);
    case kSetUserDispatch:
      return take(32);
    case kArchPrctl:
      return thread_registers(tracer, tracee);
    case PTRACE_PEEKSIGINFO:
      return pending_signals(tracer, tracee);
    default:
      warn_of_request(fmt::format("request {:#x}", request), "it answers EIO");
      return -EIO;
  }
}

int64_t Session::poke_user(RecordedTask& tracee, uint64_t offset, uint64_t value) {
  const bool debug = offset >= kDebugRegisters && offset < kDebugRegisters + 8 * sizeof(uint64_t);
  if (debug && offset == kDebugRegisters + 7 * sizeof(uint64_t) && (value & 0xff) != 0) {
    warn_of_request("PTRACE_POKEUSER of debug registers",
                    "hardware breakpoints cannot be set while the program is recorded; it answers ENOSPC");
    return -ENOSPC;
  }
  const long result = really(PTRACE_POKEUSER, tracee.tid, offset, as_pointer(value));
  if (result == 0 && !debug) tracee.traced.altered = true;
  return result;
}

int64_t Session::syscall_info(RecordedTask& tracer, RecordedTask& tracee) {
  const Registers& call = tracer.entry.registers;
  Registers now;
  if (get_registers(tracee.tid, now) == Outcome::gone) return -ESRCH;
  SyscallInfo info{};
  size_t size = offsetof(SyscallInfo, entry);
  info.instruction_pointer = now[Register::rip];
  info.stack_pointer = now[Register::rsp];
  const Traced& traced = tracee.traced;
  if (traced.at_call() && traced.place == Traced::Place::call_entry) {
    info.op = 1;
    info.entry.number = now[Register::orig_rax];
    for (size_t i = 0; i < 6; ++i) info.entry.arguments[i] = now.argument(i);
    size = offsetof(SyscallInfo, entry.seccomp_data);
  } else if (traced.place == Traced::Place::seccomp) {
    info.op = 3;
    info.entry.number = now[Register::orig_rax];
    for (size_t i = 0; i < 6; ++i) info.entry.arguments[i] = now.argument(i);
    info.entry.seccomp_data = uint32_t(traced.message);
    size = offsetof(SyscallInfo, entry.seccomp_data) + sizeof info.entry.seccomp_data;
  } else if (traced.at_call()) {
    info.op = 2;
    info.exit.result = int64_t(now[Register::rax]);
    info.exit.is_error = is_error(info.exit.result);
    size = offsetof(SyscallInfo, exit.is_error) + 1;
  }
  const size_t wanted = std::min<size_t>(size, call.argument(2));
  return hand_over(tracer, Address{call.argument(3)}, bytes_of(info).first(wanted)) ? int64_t(size) : -EFAULT;
}

int64_t Session::thread_registers(RecordedTask& tracer, RecordedTask& tracee) {
  const Registers& call = tracer.entry.registers;
  constexpr uint64_t kGetFs = 0x1003, kGetGs = 0x1004;
  const uint64_t code = call.argument(3);
  if (code != kGetFs && code != kGetGs) {
    const long result = really(kArchPrctl, tracee.tid, call.argument(2), as_pointer(code));
    tracee.traced.altered = tracee.traced.altered || result == 0;
    return result;
  }
  Registers now;
  if (get_registers(tracee.tid, now) == Outcome::gone) return -ESRCH;
  const uint64_t base = now[code == kGetFs ? Register::fs_base : Register::gs_base];
  return hand_over(tracer, Address{call.argument(2)}, bytes_of(base)) ? 0 : -EFAULT;
}

int64_t Session::pending_signals(RecordedTask& tracer, RecordedTask& tracee) {
  const Registers& call = tracer.entry.registers;
  __ptrace_peeksiginfo_args which{};
  if (!tracer.space->memory.read_value(Address{call.argument(2)}, which)) return -EFAULT;
  constexpr int kMost = 32;
  which.nr = std::min(which.nr, kMost);
  siginfo_t found[kMost] = {};
  const long result = really(PTRACE_PEEKSIGINFO, tracee.tid, reinterpret_cast<uint64_t>(&which), found);
  if (result <= 0) return result;
  // One by one: those before the first that finds no room are told.
  int told = 0;
  while (told < result &&
         hand_over(tracer, Address{call.argument(3) + told * sizeof(siginfo_t)}, bytes_of(found[told])))
    ++told;
  return told > 0 ? told : -EFAULT;
}

void Session::warn_of_options(uint32_t options) {
  if ((options & PTRACE_O_SUSPEND_SECCOMP) != 0)
    warn_of_request("PTRACE_O_SUSPEND_SECCOMP", "filters go on deciding");
}

void Session::warn_of_request(const std::string& what, const std::string& consequence) {
  tell_uncaptured(SYS_ptrace, what, fmt::format("ptrace: {}: {}", what, consequence));
}

}  // namespace bygone
