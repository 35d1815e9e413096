#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "recorder/kinship.h"
#include "recorder/session.h"
#include "recorder/vdso.h"
#include "tracee/proc_maps.h"
#include "tracee/remote_calls.h"

namespace bygone {

namespace {

// Makes the C library forget the vdso: clock reads become system calls, which can be recorded. The initial
// stack is argc, argv, null, environment, null, auxiliary vector (System V ABI, AMD64 supplement 3.4.1).
bool hide_vdso(TraceeMemory& memory, Address stack_pointer) {
  uint64_t argc = 0;
  if (!memory.read_value(stack_pointer, argc)) return false;
  Address at = stack_pointer + 8 * (argc + 2);
  for (uint64_t word = 1; word != 0; at = at + 8)
    if (!memory.read_value(at, word)) return false;
  for (Elf64_auxv_t entry{};; at = at + sizeof entry) {
    if (!memory.read_value(at, entry)) return false;
    if (entry.a_type == AT_NULL) return true;
    if (entry.a_type != AT_SYSINFO_EHDR) continue;
    entry.a_type = AT_IGNORE;
    if (!memory.write_value(at, entry)) return false;
  }
}

ino_t executable_inode(pid_t tid) {
  char path[48];
  snprintf(path, sizeof path, "/proc/%d/exe", tid);
  struct stat st;
  return stat(path, &st) == 0 ? st.st_ino : 0;
}

}  // namespace

Expected<void> Session::on_exec_event(RecordedTask& task, pid_t former_tid) {
  const pid_t tid = task.tid;
  RecordedTask* survivor = &task;
  const RecordedTask* const executing = find(former_tid);
  const RecordedTask* const tracer = executing != nullptr ? find(executing->traced.tracer) : nullptr;
  const pid_t told_number = tracer != nullptr ? number_seen_by(*tracer, *executing) : 0;
  if (former_tid != tid) {
    // A thread other than the leader: it takes over the leader's tid, and the leader is gone without a
    // report.
    auto node = tasks_.extract(former_tid);
    if (node.empty())
      return fail(ErrorKind::internal, fmt::format("task {}", former_tid),
                  "executed a program without being known");
    if (task.space) finish_task(task, 0, {});
    forget(tid);
    survivor = node.mapped().get();
    writing_last_.erase(survivor);
    capture_words_elsewhere(*survivor, std::exchange(survivor->words_at_exit, {}));
    leave_space(*survivor, Address{survivor->registers[Register::rsp]});
    log_.row(TaskEnd{survivor->id, log_.next(), 0});
    survivor->id = next_task_;
    ++next_task_.value;
    survivor->tid = tid;
    log_.row(Task{survivor->id, Tid{tid}, Tid{tid}, Tid{former_tid}, log_.next(), kNoEvent, command_of(tid),
                  std::nullopt});
    node.key() = tid;
    tasks_.insert(std::move(node));
    for (auto& [other_tid, other] : tasks_)
      if (other->traced.tracer == former_tid) other->traced.tracer = tid;
  }
  ignores_child_stops_.erase(tid);
  ++signal_actions_;
  survivor->fault_actions = std::make_shared<FaultActions>(*survivor->fault_actions);
  survivor->fault_actions->forget_handlers();
  if (former_tid != tid && has_pid_namespaces_) note_numbers(*survivor);
  note_exec_for_tracer(*survivor, told_number);
  note_user(*survivor);
  survivor->exec_pending = true;
  survivor->in_call = true;
  survivor->state = RecordedTask::State::away;
  if (resume(tid, Resume::to_system_call) == Outcome::gone) return {};
  const auto stop = wait_through_signals(tid);
  if (!stop) return {};
  ++outcome_.ptrace_stops;
  return handle(*survivor, *stop);
}

int64_t Session::borrow_code(RecordedTask& task, const RemoteCall& request) {
  const auto result = borrow_code_at(task, Address{task.registers[Register::rip]}, request);
  if (result) return *result;
  // The program's first instruction is none: it is not mapped, or not executable. The vdso is.
  const auto kernel = read_maps(task.tid);
  if (!kernel) return -ESRCH;
  for (const KernelMapping& line : *kernel) {
    if (!line.prot.execute || line.prot.shared || line.path == "[vsyscall]") continue;
    if (const auto there = borrow_code_at(task, line.range.start, request)) return *there;
  }
  return -ENOEXEC;
}

std::optional<int64_t> Session::borrow_code_at(RecordedTask& task, Address place, const RemoteCall& request) {
  constexpr uint8_t kCall[] = {0x0f, 0x05};  // syscall; no int3, whose signal the program may block or ignore
  TraceeMemory& memory = task.space->memory;
  std::byte original[sizeof kCall];
  if (!memory.read(place, original) || !memory.write(place, std::as_bytes(std::span(kCall))))
    return has_ended(task.tgid, task.tid) ? std::optional<int64_t>(-ESRCH) : std::nullopt;
  Registers call = with_arguments(task.registers, request);
  call[Register::rip] = place.value;
  call[Register::rax] = request.number;
  call[Register::orig_rax] = ~uint64_t{0};
  const SuspendedFilters suspended(task.tid, task.filters, when_we_die(task));
  set_registers(task.tid, call);
  std::optional<int64_t> result;
  for (bool entered = false;;) {
    if (resume(task.tid, Resume::to_system_call) == Outcome::gone) return -ESRCH;
    const auto stop = wait_through_signals(task.tid);
    if (!stop) return -ESRCH;
    ++outcome_.ptrace_stops;
    if (stop->kind == Stop::Kind::exited || stop->kind == Stop::Kind::event) {
      file_stop(*stop);
      return -ESRCH;
    }
    if (stop->kind == Stop::Kind::system_call) {
      if (!std::exchange(entered, true)) continue;
      Registers after;
      if (get_registers(task.tid, after) == Outcome::gone) return -ESRCH;
      result = int64_t(after[Register::rax]);
      break;
    }
    siginfo_t info;
    if (stop->kind != Stop::Kind::signal || get_siginfo(task.tid, info) == Outcome::gone) continue;
    if (raised_by_instruction(info)) break;  // it cannot run there
    task.held_signals.push_back(info);
  }
  memory.write(place, original);
  set_registers(task.tid, task.registers);
  return result;
}

Expected<void> Session::install_own_pages(RecordedTask& task) {
  // There is no page of ours yet to call from: the program's code lends two bytes. Two calls of
  // mmap(2), no mprotect(2): a program's seccomp filter may forbid that and still be able to start others.
  constexpr uint64_t kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
  const std::pair<Address, uint64_t> pages[] = {{kCodePage, PROT_READ | PROT_EXEC},
                                                {kDataPage, PROT_READ | PROT_WRITE}};
  for (const auto& [page, protection] : pages) {
    const RemoteCall map{SYS_mmap, {page.value, kPageSize, protection, kFlags, ~uint64_t{0}, 0}};
    const int64_t result = borrow_code(task, map);
    if (result == -ESRCH) return {};
    if (result != int64_t(page.value) && !sees_all_ && !task.space->memory.hold())
      return fail(ErrorKind::no_permission, fmt::format("task {}", task.tid),
                  "does not let itself be looked at, by who is another user",
                  "recording it takes CAP_SYS_PTRACE (containers: --cap-add SYS_PTRACE)");
    if (result != int64_t(page.value))
      return fail(
          ErrorKind::unavailable, fmt::format("task {}", task.tid),
          fmt::format("bygone's page at 0x{:x} cannot be mapped: {}", page.value,
                      std::strerror(int(-result))),
          "the program occupies that address (link it elsewhere), or its seccomp filter forbids mmap");
  }
  task.space->memory.write(kCodePage, stub_code());
  return {};
}

Expected<void> Session::read_initial_mappings(RecordedTask& task, std::vector<std::byte>& stack_bytes) {
  const auto kernel = read_maps(task.tid);
  if (!kernel) return {};
  const ino_t executable = executable_inode(task.tid);
  const EventNumber at = log_.next();
  for (const KernelMapping& line : *kernel) {
    Mapping mapping;
    mapping.recorded = line;
    if (line.inode == 0) mapping.recorded.flags |= MAP_ANONYMOUS;
    if (kOwnPages.contains(line.range)) {
      mapping.kind = MappingKind::bygone;
    } else if (line.path == "[stack]") {
      mapping.kind = MappingKind::stack;
      mapping.recorded.flags |= MAP_GROWSDOWN;
      mapping.data.source = DataSource::bytes;
      stack_bytes.resize(line.range.size_bytes());
      if (!task.space->memory.read(line.range.start, stack_bytes)) return {};
    } else if (line.path == "[vdso]") {
      mapping.kind = MappingKind::vdso;
      mapping.data.source = DataSource::content;
      make_vdso_call(task.space->memory, line.range);
      BYGONE_ASSIGN(mapping.data.content, files_.keep_vdso(task.space->memory, line.range));
    } else if (line.path.starts_with("[vvar")) {
      mapping.kind = MappingKind::vvar;
    } else if (line.path == "[vsyscall]") {
      mapping.kind = MappingKind::vsyscall;
    } else if (line.path == "[heap]") {
      mapping.kind = MappingKind::heap;
    } else if (line.inode != 0) {
      mapping.kind = line.inode == executable ? MappingKind::executable : MappingKind::file;
      BYGONE_TRY(describe_new_mapping(task, -1, mapping));
      // The kernel clears what lies behind the file's data on the last page (ELF bss).
      std::vector<std::byte> page(kPageSize);
      const Address last = line.range.end - kPageSize;
      if (line.prot.write && task.space->memory.read(last, page))
        log_.memory_write(Tid{task.tid}, last, page);
    }
    task.space->space.insert(at, std::move(mapping));
  }
  return {};
}

Expected<void> Session::finish_exec(RecordedTask& task) {
  task.exec_pending = false;
  task.interrupted_call = -1;
  task.clear_tid = {};
  writing_last_.erase(&task);
  capture_words_elsewhere(task, std::exchange(task.words_at_exit, {}));
  const cpu_set_t processors = own_processors(task);
  leave_space(task, Address{task.entry.registers[Register::rsp]});
  const AddressSpaceId id = next_space_;
  ++next_space_.value;
  join_space(task, begin_space(task.tid, AddressSpace(id, next_mapping_), AddressSpaceId{0}));
  if (!attachments_.empty()) keep_attached(task, processors);
  BYGONE_TRY(install_own_pages(task));
  if (task.pending) return {};  // killed meanwhile
  hide_vdso(task.space->memory, Address{task.registers[Register::rsp]});
  std::vector<std::byte> stack_bytes;
  BYGONE_TRY(read_initial_mappings(task, stack_bytes));
  log_.row(TaskCommand{task.id, command_of(task.tid)});
  // The rows with the stack's bytes go first: complete() has none to give.
  log_.mapping_changes(task.space->space, stack_bytes);
  trap_timestamps(task, {Address{0}, Address{~uint64_t{0}}});
  const int64_t number = int64_t(task.entry.registers[Register::orig_rax]);
  const bool known = is_exec(number);
  if (known) log_paths(task);
  task.registers[Register::orig_rax] = ~uint64_t{0};
  return complete(task, FrameKind::exec, int32_t(known ? number : SYS_execve), 0);
}

// The kernel had let go of the old memory when it found that it cannot load the program, and kills it. Others
// may have the old memory still, so that it is asked for by name.
bool Session::has_lost_image(const RecordedTask& task) {
  TraceeMemory now(task.tid);
  uint64_t word = 0;
  return !now.read_value(kDataPage, word) && !has_ended(task.tgid, task.tid);
}

Expected<void> Session::wait_for_end(RecordedTask& task) {
  task.in_call = true;
  task.state = RecordedTask::State::away;
  int signal = 0;
  for (;;) {
    if (resume(task.tid, Resume::run, signal) == Outcome::gone) return {};
    const auto stop = wait_through_signals(task.tid);
    if (!stop) return {};
    ++outcome_.ptrace_stops;
    if (stop->kind != Stop::Kind::signal) return handle(task, *stop);
    signal = stop->signal;
  }
}

}  // namespace bygone
