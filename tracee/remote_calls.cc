#include "tracee/remote_calls.h"

#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>

#include "tracee/extended_state.h"

namespace bygone {

namespace {

// One entry of the list the stub runs; see tracee/stub.S.
struct Entry {
  uint64_t number;
  uint64_t arguments[6];
  int64_t result;
};
static_assert(sizeof(Entry) == 64);

tl::unexpected<Error> task_gone(pid_t tid) {
  return fail(ErrorKind::not_found, fmt::format("task {}", tid), "was killed while it was being held");
}

Expected<void> start_round(pid_t tid, TraceeMemory& memory, std::span<const RemoteCall> calls,
                           const Registers& registers) {
  std::vector<Entry> entries(calls.size() + 1);
  for (size_t i = 0; i < calls.size(); ++i) {
    entries[i].number = calls[i].number;
    std::memcpy(entries[i].arguments, calls[i].arguments.data(), sizeof entries[i].arguments);
  }
  entries.back().number = ~uint64_t{0};
  if (!memory.write(kDataPage, std::as_bytes(std::span(entries))))
    return fail(ErrorKind::internal, fmt::format("task {}", tid), "has lost bygone's pages",
                "the program unmapped them; report this");
  Registers at_stub = registers;
  at_stub[Register::rip] = kCodePage.value;
  at_stub[Register::orig_rax] = ~uint64_t{0};
  constexpr uint64_t kTrap = 0x100, kDirection = 0x400, kAlignmentCheck = 0x40000;
  at_stub[Register::eflags] &= ~(kTrap | kDirection | kAlignmentCheck);
  if (set_registers(tid, at_stub) == Outcome::gone || resume(tid, Resume::run) == Outcome::gone)
    return task_gone(tid);
  return {};
}

// The next stop, or nothing if none will come: killed between our last look and its resumption, a task's stop
// at its exit was passed over unseen, and a leader is not reported before the last of its threads.
std::optional<Stop> next_stop(pid_t tid) {
  for (;;) {
    auto stop = wait_for(tid, Waiting::block);
    if (stop && stop->kind != Stop::Kind::exited) return stop;
    if (stop || errno != EINTR) return std::nullopt;
    if (is_ending(tid)) return std::nullopt;
  }
}

// Our pages have protection key 0, which the program may have closed to this task (pkeys(7)).
bool opened_keys(pid_t tid, const siginfo_t& fault, std::vector<std::byte>& state_before) {
  if (fault.si_code != SEGV_PKUERR || !state_before.empty()) return false;
  if (get_extended_state(tid, state_before) == Outcome::gone) return false;
  std::vector<std::byte> state = state_before;
  open_all_keys(state);
  return set_extended_state(tid, state);
}

// Waits until the stub's breakpoint; passes over the events the calls themselves cause. `state_before` is the
// extended state that the task is to get back, where it had to be changed.
Expected<void> finish_round(pid_t tid, std::vector<siginfo_t>& arrived,
                            std::vector<std::byte>& state_before) {
  for (;;) {
    const auto stop = next_stop(tid);
    if (!stop) return task_gone(tid);
    if (stop->kind == Stop::Kind::event && stop->event == PTRACE_EVENT_EXIT) return task_gone(tid);
    if (stop->kind == Stop::Kind::signal) {
      siginfo_t info;
      Registers now;
      if (get_siginfo(tid, info) == Outcome::gone || get_registers(tid, now) == Outcome::gone)
        return task_gone(tid);
      const bool at_breakpoint = stop->signal == SIGTRAP && info.si_code == SI_KERNEL &&
                                 kOwnPages.contains(Address{now[Register::rip]});
      if (at_breakpoint) return {};
      // One that was on its way already, of an instruction of the program's, comes again when that runs
      // again.
      const bool fault = (stop->signal == SIGSEGV || stop->signal == SIGBUS) && info.si_code > 0;
      const bool ours = fault && kOwnPages.contains(Address{reinterpret_cast<uint64_t>(info.si_addr)});
      if (ours && !opened_keys(tid, info, state_before))
        return fail(ErrorKind::internal, fmt::format("task {}", tid), "faulted on bygone's own pages",
                    "the program scribbled over them; report this");
      if (!ours && !raised_by_instruction(info)) arrived.push_back(info);
    }
    if (resume(tid, Resume::run) == Outcome::gone) return task_gone(tid);
  }
}

}  // namespace

Registers with_arguments(Registers registers, const RemoteCall& call) {
  constexpr Register kArguments[] = {Register::rdi, Register::rsi, Register::rdx,
                                     Register::r10, Register::r8,  Register::r9};
  for (size_t i = 0; i < std::size(kArguments); ++i) registers[kArguments[i]] = call.arguments[i];
  return registers;
}

Expected<void> run_remote_calls(pid_t tid, TraceeMemory& memory, std::span<RemoteCall> calls,
                                std::vector<siginfo_t>& arrived) {
  Registers registers;
  if (get_registers(tid, registers) == Outcome::gone) return task_gone(tid);
  std::vector<std::byte> state_before;
  while (!calls.empty()) {
    const auto round = calls.first(std::min(calls.size(), kMaxRemoteCalls));
    auto done = start_round(tid, memory, round, registers);
    if (done) done = finish_round(tid, arrived, state_before);
    if (!done) {
      if (!state_before.empty()) set_extended_state(tid, state_before);
      set_registers(tid, registers);
      return done;
    }
    std::vector<Entry> entries(round.size());
    if (!memory.read(kDataPage, std::as_writable_bytes(std::span(entries)))) return task_gone(tid);
    for (size_t i = 0; i < round.size(); ++i) round[i].result = entries[i].result;
    calls = calls.subspan(round.size());
  }
  if (!state_before.empty()) set_extended_state(tid, state_before);
  return set_registers(tid, registers) == Outcome::done ? Expected<void>{} : task_gone(tid);
}

Expected<void> exec_stub(pid_t tid, TraceeMemory& memory, int stub_fd) {
  Registers registers;
  if (get_registers(tid, registers) == Outcome::gone) return task_gone(tid);
  const uint64_t empty_text_and_null[2] = {};
  if (!memory.write(kScratch, std::as_bytes(std::span(empty_text_and_null)))) return task_gone(tid);
  const RemoteCall call{
      SYS_execveat,
      {uint64_t(stub_fd), kScratch.value, kScratch.value + 8, kScratch.value + 8, AT_EMPTY_PATH, 0},
      0};
  BYGONE_TRY(start_round(tid, memory, std::span(&call, 1), registers));
  for (;;) {
    const auto stop = next_stop(tid);
    if (!stop) return task_gone(tid);
    if (stop->kind == Stop::Kind::event && stop->event == PTRACE_EVENT_EXEC) break;
    if (stop->kind == Stop::Kind::event && stop->event == PTRACE_EVENT_EXIT) return task_gone(tid);
    if (stop->kind == Stop::Kind::signal && stop->signal == SIGTRAP) {
      int64_t result = 0;
      memory.read_value(kDataPage + offsetof(Entry, result), result);
      return fail(ErrorKind::unavailable, "the exec stub", std::strerror(int(-result)),
                  "the kernel must allow executing memory files (sysctl vm.memfd_noexec)");
    }
    // Nothing here faults but an execve(2) that failed when the old memory was gone; and that kills.
    if (stop->kind == Stop::Kind::signal && stop->signal == SIGSEGV)
      return fail(ErrorKind::unavailable, "the exec stub", "was killed while the kernel loaded it",
                  "the limits on stack and memory (ulimit -s, -v) may be too low");
    if (resume(tid, Resume::run) == Outcome::gone) return task_gone(tid);
  }
  memory.follow(tid);
  return {};
}

}  // namespace bygone
