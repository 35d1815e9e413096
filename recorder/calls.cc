#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "recorder/foreign_program.h"
#include "recorder/kinship.h"
#include "recorder/scoped_signal_mask.h"
#include "recorder/session.h"
#include "tracee/call_result.h"
#include "tracee/extended_state.h"
#include "tracee/memory_advice.h"
#include "tracee/pagemap.h"
#include "tracee/proc_maps.h"

namespace bygone {

namespace {
constexpr char kInt80[] = "int 0x80";
constexpr char k32BitProgram[] = "32-bit program";
constexpr uint64_t kDroppable = 8;           // MAP_DROPPABLE
constexpr uint32_t kMovePages = 0xc028aa05;  // UFFDIO_MOVE
// Of userfaultfd(2). Pages provided to a child by its parent's descriptor could not be told from the parent's
// own. Where moved pages came from must not be looked at afterwards, nor shared pages that wait to be mapped:
// looking is waiting, too.
constexpr uint64_t kMovePagesFeature = 1 << 16;  // UFFD_FEATURE_MOVE, since Linux 6.8
constexpr uint64_t kHiddenFeatures =
    UFFD_FEATURE_EVENT_FORK | UFFD_FEATURE_MINOR_HUGETLBFS | UFFD_FEATURE_MINOR_SHMEM | kMovePagesFeature;

bool sets_read_implies_exec(const Registers& call) {
  constexpr uint64_t kOnlyAsks = 0xffffffff;
  return call.argument(0) != kOnlyAsks && (call.argument(0) & READ_IMPLIES_EXEC) != 0;
}

// The caller's rights to protection keys (pkeys(7)); memory that can only be executed has one of its own.
bool changes_pkru(const Registers& call, int64_t result) {
  if (is_error(result)) return false;
  switch (call[Register::orig_rax]) {
    case SYS_pkey_alloc:
      return true;
    case SYS_mmap:
    case SYS_mprotect:
    case SYS_pkey_mprotect:
      return call.argument(2) == PROT_EXEC;
    default:
      return false;
  }
}

// Those that may end another task's call which writes to memory.
bool wakes_others(int64_t call) {
  switch (call) {
    case SYS_write:
    case SYS_writev:
    case SYS_pwrite64:
    case SYS_pwritev:
    case SYS_pwritev2:
    case SYS_sendto:
    case SYS_sendmsg:
    case SYS_sendmmsg:
    case SYS_sendfile:
    case SYS_splice:
    case SYS_tee:
    case SYS_vmsplice:
    case SYS_close:
    case SYS_close_range:
    case SYS_dup2:
    case SYS_dup3:
    case SYS_shutdown:
    case SYS_connect:
    case SYS_mq_timedsend:
    case SYS_msgsnd:
    case SYS_timerfd_settime:
    case SYS_epoll_ctl:
    case SYS_ioctl:
    case SYS_kill:
    case SYS_tkill:
    case SYS_tgkill:
    case SYS_rt_sigqueueinfo:
    case SYS_rt_tgsigqueueinfo:
    case SYS_pidfd_send_signal:
      return true;
    default:
      return false;
  }
}

// Signals that any thread of a process may take.
bool sends_to_process(int64_t call) {
  return call == SYS_kill || call == SYS_rt_sigqueueinfo || call == SYS_pidfd_send_signal;
}

}  // namespace

void Session::answer(RecordedTask& task, int64_t result) {
  set_registers(task.tid, without_call(task));
  task.forced_result = result;
}

void Session::give_back_arguments(RecordedTask& task) {
  const uint64_t result = task.forced_result ? uint64_t(*task.forced_result) : task.registers[Register::rax];
  const Registers after = std::exchange(task.registers, task.entry.registers);
  task.registers[Register::rax] = result;
  task.registers[Register::rip] = after[Register::rip];
  set_registers(task.tid, task.registers);
}

void Session::replace_argument(RecordedTask& task, Register argument, uint64_t value) {
  Registers changed = task.registers;
  changed[argument] = value;
  set_registers(task.tid, changed);
  task.argument_replaced = true;
}

void Session::adjust_call(RecordedTask& task) {
  const Registers& registers = task.registers;
  if (registers_rseq(task) && attachment_of(task) != nullptr) return answer(task, 0);
  if (task.row != nullptr && task.row->call_class == CallClass::refused)
    return answer(task, -task.row->refusal_errno);
  if (task.row != nullptr && task.row->call_class == CallClass::address_space) guard_own_pages(task);
  if (task.forced_result) return;
  switch (registers[Register::orig_rax]) {
    case SYS_ptrace:
      task.tracing_call = TracingCall::request;
      return answer(task, 0);
    case SYS_wait4:
    case SYS_waitid:
      return prepare_wait(task);
    case SYS_execve:
    case SYS_execveat:
      refuse_unreadable_program(task);
      return refuse_32_bit_program(task);
    case SYS_sched_setaffinity:
      // Tracer and tracees stay on one core; the program is told it got what it asked for.
      if (const auto result = set_affinity(task)) answer(task, *result);
      return;
    case SYS_madvise:
      // MADV_FREE leaves it open what the pages hold; MADV_DONTNEED is one of the outcomes it allows.
      has_advice_ = has_advice_ || lasts(registers.argument(2));
      if (registers.argument(2) == MADV_FREE) {
        if (!is_private_memory(task)) return answer(task, -EINVAL);
        replace_argument(task, Register::rdx, MADV_DONTNEED);
      }
      return;
    case SYS_ioctl:
      if (asks_for_hidden_feature(task)) answer(task, -EINVAL);
      note_answer_of_supervisor(task);
      return;
    case SYS_process_madvise:
      // Refused on one's own memory, as before Linux 6.13, but for what a row can describe.
      if (changes_memory(registers.argument(3)) && !empties_pages(registers.argument(3)))
        answer(task, -EINVAL);
      return;
    case SYS_mmap:
      // Memory whose pages may vanish: as a kernel answers that has none (before Linux 6.11).
      if ((registers.argument(3) & MAP_TYPE) == kDroppable) answer(task, -EINVAL);
      return;
    case SYS_prctl:
      play_dumpable(task);
      if (registers.argument(0) == PR_SET_TSC) answer(task, set_timestamp_mode(task, registers.argument(1)));
      if (registers.argument(0) == PR_GET_TSC) {
        const int mode = task.timestamps_fault ? PR_TSC_SIGSEGV : PR_TSC_ENABLE;
        const bool told = hand_over(task, Address{registers.argument(1)}, std::as_bytes(std::span(&mode, 1)));
        answer(task, told ? 0 : -EFAULT);
      }
      return;
    case SYS_io_submit:
      return note_aio_ring(task);
    case SYS_rt_sigaction:
      return note_given_action(task);
    case SYS_clone:
      if ((registers.argument(0) & CLONE_UNTRACED) != 0)
        replace_argument(task, Register::rdi, registers.argument(0) & ~uint64_t{CLONE_UNTRACED});
      return;
    default:
      prepare_output(task);
  }
}

// A page that the program's own userfaultfd serves must not be waited for here.
bool Session::is_there(const RecordedTask& task, const MemoryRange& range) {
  Pagemap pagemap(task.tid);
  for (Address page = page_floor(range.start); page < range.end; page = page + kPageSize)
    if (pagemap.first_present({page, page + kPageSize}) != page) return false;
  return true;
}

bool Session::asks_for_hidden_feature(RecordedTask& task) {
  const Address at{task.registers.argument(2)};
  TraceeMemory& memory = task.space->memory;
  uffdio_api api{};
  uffdio_register registered{};
  switch (uint32_t(task.registers.argument(1))) {
    case UFFDIO_API:
      if (!is_there(task, range_of(at, sizeof api)) || !memory.read_value(at, api)) return false;
      if ((api.features & kHiddenFeatures) == 0) return false;
      api = {};  // as the kernel answers who asks for what it does not know
      return hand_over(task, at, std::as_bytes(std::span(&api, 1)));
    case UFFDIO_REGISTER:
      return is_there(task, range_of(at, sizeof registered)) && memory.read_value(at, registered) &&
             (registered.mode & UFFDIO_REGISTER_MODE_MINOR) != 0;
    case kMovePages:
      return true;
    default:
      return false;
  }
}

void Session::hide_features(RecordedTask& task, int64_t result) {
  const Registers& call = task.entry.registers;
  const Address at{call.argument(2)};
  TraceeMemory& memory = task.space->memory;
  uffdio_api api{};
  uffdio_register registered{};
  if (call[Register::orig_rax] != SYS_ioctl || result != 0) return;
  if (uint32_t(call.argument(1)) == UFFDIO_API && memory.read_value(at, api)) {
    api.features &= ~kHiddenFeatures;
    memory.write_value(at, api);
  }
  if (uint32_t(call.argument(1)) == UFFDIO_REGISTER && memory.read_value(at, registered)) {
    registered.ioctls &= ~(uint64_t{1} << (kMovePages & 0xff));
    memory.write_value(at, registered);
  }
}

// The kernel looks at that only (do_syscall_64()); so does everybody from here on.
void Session::keep_lower_half(RecordedTask& task) {
  const uint64_t plain_number = uint64_t(int64_t(int32_t(task.registers[Register::orig_rax])));
  if (std::exchange(task.registers[Register::orig_rax], plain_number) != plain_number)
    set_registers(task.tid, task.registers);
}

Expected<void> Session::on_entry(RecordedTask& task) {
  if (get_registers(task.tid, task.registers) == Outcome::gone) return {};
  keep_lower_half(task);
  if (!task.held_signals.empty() && may_inject(task)) {
    if (!is_crowded_out_at_call(task)) return begin_injection(task);
    // A timer so fast that the call would never be made. Who waits for signals is to find the one that was
    // sent, not one of ours.
    if (!give_back_signal(task)) {
      if (task.registers[Register::orig_rax] == SYS_rt_sigtimedwait) return begin_injection(task);
      send_held_signal(task);
    }
  }
  task.in_call = true;
  task.lost_turn = task.end_told = false;
  if (stops_at_entry(task)) {
    task.entry = note_entry(task.registers, task.space->memory);
    stop_at_entry(task);
    return {};
  }
  return begin_call(task);
}

Expected<void> Session::begin_call(RecordedTask& task) {
  task.given_action.reset();
  task.forced_result.reset();
  task.tracing_call = TracingCall::none;
  task.input_position.reset();
  task.argument_replaced = false;
  task.beside_own_pages = false;
  Registers as_called = task.registers;
  if (as_called[Register::orig_rax] == SYS_restart_syscall && task.interrupted_call >= 0)
    as_called[Register::orig_rax] = uint64_t(task.interrupted_call);
  const int64_t number = int64_t(as_called[Register::orig_rax]);
  task.row = find_call(number);
  task.entry = note_entry(as_called, task.space->memory);
  task.paths = given_paths(task.tid, task.space->memory, as_called);
  task.may_block = may_block(as_called);
  if (is_32_bit_call(task)) return refuse_32_bit_call(task);
  // A stack may have grown since; what the call does to it begins from there.
  if (task.row != nullptr && task.row->call_class == CallClass::address_space)
    BYGONE_TRY(follow_kernel(task));
  task.answer_of_filters =
      task.filters ? task.filters->answer(task.registers) : SeccompFilters::Answer::is_made;
  if (number == -1 && task.lost_turn)
    answer(task, int64_t(task.registers[Register::rax]));  // its tracer has called it off
  else if (task.answer_of_filters != SeccompFilters::Answer::is_kept_out)
    adjust_call(task);
  prepare_access(task);
  begin_sleep(task);
  if ((!task.entry.unknown.empty() || checks_row(task)) && !task.forced_result) watch_memory(task);
  switch (number) {
    case SYS_exit:
    case SYS_exit_group:
      BYGONE_TRY(complete(task, FrameKind::syscall, int32_t(number), std::nullopt));
      task.end_told = true;
      break;
    case SYS_execve:
    case SYS_execveat:
      expect_last_writes(task);
      lose_turn(task);
      break;
    case SYS_rt_sigreturn:
      // Their exit has other registers than their entry; this frame is where the entry is checked.
      lose_turn(task);
      break;
    case SYS_sched_yield:
      yielded_ = true;
      break;
    default:
      break;
  }
  if (task.traced.interrupt_due) ptrace(PTRACE_INTERRUPT, task.tid, nullptr, nullptr);
  return go_into_call(task);
}

// By int 0x80 or sysenter: the number is one of another table. syscall(2) leaves its return address in rcx.
bool Session::is_32_bit_call(const RecordedTask& task) {
  const Address behind{task.registers[Register::rip]};
  if (task.registers[Register::rcx] == behind.value) return false;
  std::array<std::byte, 2> code{};
  return task.space->memory.read(Address{behind.value - 2}, code) && is_call(code[0], code[1]) &&
         code[0] != std::byte{0x0f};
}

Expected<void> Session::refuse_32_bit_call(RecordedTask& task) {
  constexpr int64_t kExit = 1, kExitGroup = 252;
  const int64_t number = int64_t(task.registers[Register::orig_rax]);
  task.row = nullptr;
  task.paths.clear();
  task.entry.unknown.clear();
  if (number == kExit || number == kExitGroup) {
    lose_turn(task);
    return go_into_call(task);
  }
  tell_uncaptured(
      -1, kInt80,
      fmt::format("task {} makes a 32-bit system call ({}), number {}: those are not recorded; it is "
                  "answered with ENOSYS, as by a kernel that has none",
                  task.tid, kInt80, number));
  answer(task, -ENOSYS);
  return go_into_call(task);
}

// As a kernel does that knows no such programs.
void Session::refuse_32_bit_program(RecordedTask& task) {
  const bool refused = std::any_of(task.paths.begin(), task.paths.end(), [&](const GivenPath& given) {
    return is_32_bit_program(task.tid, given.path);
  });
  if (!refused) return;
  tell_uncaptured(
      SYS_execve, k32BitProgram,
      fmt::format("task {} executes {}, a 32-bit program: those are not recorded; it is told ENOEXEC",
                  task.tid, task.paths.front().path));
  answer(task, -ENOEXEC);
}

void Session::log_paths(RecordedTask& task) {
  for (GivenPath& given : std::exchange(task.paths, {}))
    log_.row(PathArgument{log_.next(), given.argument, given.flags, std::move(given.path)});
}

void Session::log_extended_state(RecordedTask& task) {
  std::vector<std::byte> state;
  if (get_extended_state(task.tid, state) == Outcome::gone) return;
  log_.row(ExtendedState{log_.next(), Tid{task.tid}, state.size()}, state);
}

// All that the call's range covers: the kernel frees no other (mm/madvise.c).
bool Session::is_private_memory(const RecordedTask& task) {
  const Address start{task.registers.argument(0)};
  const MemoryRange range{start, start + task.registers.argument(1)};
  const auto& mappings = task.space->space.mappings();
  return std::all_of(mappings.begin(), mappings.end(), [&](const auto& m) {
    const Mapping& mapping = m.second;
    return !mapping.range().intersects(range) ||
           (mapping.recorded.inode == 0 && !mapping.recorded.prot.shared);
  });
}

Expected<void> Session::on_exit(RecordedTask& task) {
  if (get_registers(task.tid, task.registers) == Outcome::gone) return {};
  task.in_call = false;
  task.state = RecordedTask::State::ready;
  if (task.injecting) {
    // The call was sent back; the signal goes in now and reports itself at once.
    come_back(task);
    const int signal = task.held_signals.front().si_signo;
    expect_carrier(task, signal);
    return go_on_injecting(task, signal);
  }
  task.traced.call_exit_due = true;
  if (task.exec_pending) return finish_exec(task);
  if (task.beside_own_pages) BYGONE_TRY(run_beside_own_pages(task));
  finish_tracing_call(task);
  finish_scheduling_call(task);
  if (task.forced_result || task.argument_replaced) give_back_arguments(task);
  end_sleep(task);
  const int64_t result = int64_t(task.registers[Register::rax]);
  const int64_t number = int64_t(task.entry.registers[Register::orig_rax]);
  if (task.lost_turn && (is_restart(result) || result == -EINTR)) interrupted_ = task.tid;
  if (result == kRestartBlock)
    task.interrupted_call = number;
  else if (!is_restart(result))
    task.interrupted_call = -1;

  if (is_exec(number)) {
    task.image_lost = has_lost_image(task);
    if (task.image_lost) return wait_for_end(task);
    call_off_last_writes(task);
  }
  const CallClass call_class = task.row != nullptr ? task.row->call_class : CallClass::plain;
  if (call_class == CallClass::signal_return || number == SYS_rt_sigprocmask) task.known_mask.reset();
  if (call_class == CallClass::signal_return) {
    log_extended_state(task);
    return complete(task, FrameKind::syscall, int32_t(number), result);
  }
  BYGONE_TRY(keep_access(task, result));
  may_have_woken_ = may_have_woken_ || wakes_others(number);
  has_signalled_ = has_signalled_ || sends_to_process(number);
  const bool was_made = !was_kept_out(task, result);
  if (was_made && result >= 0) note_filters(task, result);
  if (number == SYS_rt_sigtimedwait && result > 0 && passed_ != nullptr && task.tgid == first_tid_)
    passed_->arrived(int(result));
  if (number == SYS_inotify_init || number == SYS_inotify_init1 || number == SYS_fanotify_init)
    files_.read_unseen();
  if (number == SYS_rt_sigaction && result == 0) {
    ++signal_actions_;
    heed_signal(task, int(task.entry.registers.argument(0)));
    if (was_made) note_action(task);
  }
  if (result == 0 && (number == SYS_setns ||
                      (number == SYS_unshare && (task.entry.registers.argument(0) & CLONE_NEWPID) != 0)))
    has_pid_namespaces_ = true;
  if (number == SYS_personality && sets_read_implies_exec(task.entry.registers)) read_implies_exec_ = true;
  if (number == SYS_rseq && result == 0 && attachment_of(task) != nullptr) pretend_rseq(task);
  if (number == SYS_set_tid_address && !task.forced_result)
    task.clear_tid = Address{task.entry.registers.argument(0)};
  if (was_made) {
    note_task_file(task, result);
    if (call_class == CallClass::address_space) BYGONE_TRY(on_mapping_call(task, result));
    if (changes_pkru(task.entry.registers, result)) log_extended_state(task);
    if (number == SYS_io_submit) await_requests(task, result);
    hide_features(task, result);
    show_as_untraced(task, result);
    capture_writes(task, result);
    if (number == SYS_io_getevents || number == SYS_io_pgetevents) capture_ended_reads(task, result);
    capture_output(task, result);
    capture_remote_writes(task, result);
    capture_mapped_file_write(task, result);
    capture_memory_file_write(task, result);
  }
  log_paths(task);
  // A filter, or a tracer, has kept it alive; the call's frame is written.
  if (number == SYS_exit || number == SYS_exit_group)
    return complete(task, FrameKind::altered, std::nullopt, std::nullopt);
  BYGONE_TRY(complete(task, FrameKind::syscall, int32_t(task.registers[Register::orig_rax]),
                      was_made ? std::optional(result) : std::nullopt));
  return is_restart(result) ? keep_answer_of_supervisor(task) : Expected<void>{};
}

}  // namespace bygone
