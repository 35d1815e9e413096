#include <fmt/core.h>
#include <linux/kcmp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <list>

#include "recorder/attachment.h"
#include "recorder/kinship.h"
#include "recorder/scoped_signal_mask.h"
#include "recorder/session.h"
#include "recorder/vdso.h"
#include "recorder/wait_limit.h"
#include "tracee/call_result.h"
#include "tracee/memory_advice.h"
#include "tracee/proc_maps.h"
#include "tracee/sleep_calls.h"

namespace bygone {

namespace {

// include/uapi/linux/rseq.h
constexpr uint64_t kRseqUnregister = 1;
constexpr size_t kRseqCpuIdOffset = 4;
constexpr uint32_t kRseqRegistrationFailed = uint32_t(-2);  // glibc makes threads without it then
constexpr auto kGetRseqConfiguration = static_cast<__ptrace_request>(0x420f);
constexpr auto kSeizePatience = std::chrono::seconds(5);
constexpr int64_t kSeizeLookUs = 20'000;
// How far out of a vDSO function it can be.
constexpr int kMostSteps = 5000;

tl::unexpected<Error> cannot_attach(pid_t pid, std::string cause, std::string mend) {
  return fail(ErrorKind::unavailable, fmt::format("process {}", pid), std::move(cause), std::move(mend));
}

std::vector<pid_t> threads_of(pid_t pid) {
  std::vector<pid_t> tids;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid), error))
    tids.push_back(std::atoi(entry.path().filename().c_str()));
  return tids;
}

enum class Seized { stopped, ended, busy, called_off };

// Takes the thread's stop that PTRACE_INTERRUPT has asked for; signals that come first are kept, but for
// faults, which come again. Busy: it waits where nothing wakes it. Called off: the user has asked for the
// end.
Seized await_stop(pid_t tid, const StopRequest* stop_request, std::vector<siginfo_t>& arrived) {
  const auto deadline = std::chrono::steady_clock::now() + kSeizePatience;
  for (;;) {
    std::optional<Stop> stop;
    {
      const WaitLimit limit(kSeizeLookUs);
      stop = wait_for(tid, Waiting::block);
    }
    const bool asked = stop_request != nullptr && stop_request->is_there();
    if (!stop && errno == EINTR) {
      if (asked) return Seized::called_off;
      if (std::chrono::steady_clock::now() > deadline) return Seized::busy;
      continue;
    }
    if (!stop || stop->kind == Stop::Kind::exited) return Seized::ended;
    if (stop->kind == Stop::Kind::trap || stop->kind == Stop::Kind::group_stop) return Seized::stopped;
    siginfo_t info;
    if (stop->kind == Stop::Kind::signal && get_siginfo(tid, info) == Outcome::done &&
        !raised_by_instruction(info))
      arrived.push_back(info);
    const bool ends = stop->kind == Stop::Kind::event && stop->event == PTRACE_EVENT_EXIT;
    resume(tid, Resume::run);
    if (ends) return Seized::ended;
    ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr);
  }
}

// A thread inside a vDSO function would find it changed under its feet.
bool leave_vdso(pid_t tid, const MemoryRange& vdso) {
  for (int steps = 0; steps < kMostSteps; ++steps) {
    Registers now;
    if (get_registers(tid, now) == Outcome::gone) return false;
    if (!vdso.contains(Address{now[Register::rip]})) return true;
    if (resume(tid, Resume::single_step) == Outcome::gone) return false;
    const auto stop = wait_through_signals(tid);
    if (stop && stop->kind == Stop::Kind::exited) return false;
  }
  return false;
}

bool holds_own_code(TraceeMemory& memory) {
  const auto code = stub_code();
  std::vector<std::byte> found(code.size());
  return memory.read(kCodePage, found) && std::equal(found.begin(), found.end(), code.begin());
}

Expected<void> check_can_attach(pid_t pid) {
  std::error_code error;
  if (!std::filesystem::exists(fmt::format("/proc/{}", pid), error))
    return fail(ErrorKind::not_found, fmt::format("process {}", pid), "there is none", "`ps` lists them");
  if (const pid_t process = process_of(pid); process != 0 && process != pid)
    return fail(ErrorKind::usage, fmt::format("process {}", pid), "is a thread of another one",
                fmt::format("give --pid {}", process));
  switch (task_state(pid, pid)) {
    case 'T':
    case 't':
      return cannot_attach(pid, "is stopped", "continue it first (kill -CONT), or end its debugger");
    case 'Z':
    case 'X':
      return cannot_attach(pid, "has ended, or its first thread has", "");
    default:
      return {};
  }
}

}  // namespace

// Until there is none that is not held: threads may be made meanwhile.
Expected<void> Session::seize_threads(Attachment& attachment) {
  const pid_t pid = attachment.process;
  for (bool found = true; found;) {
    found = false;
    for (const pid_t tid : threads_of(pid)) {
      if (attachment.threads.contains(tid)) continue;
      const auto seized = seize(tid, WhenTracerDies::run_on);
      if (!seized && tracer_of(tid) != getpid()) {
        if (tid != pid && is_ending(tid)) continue;
        return seized;
      }
      found = true;
      ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr);
      std::vector<siginfo_t> arrived;
      const Seized outcome = await_stop(tid, stop_, arrived);
      if (outcome == Seized::called_off)
        return cannot_attach(pid, "was not attached to before the recording was to end", "give it more time");
      if (outcome == Seized::busy)
        return cannot_attach(
            pid,
            fmt::format("its thread {} cannot be stopped: it waits in the kernel, as for a child of "
                        "vfork(2)",
                        tid),
            "try again when that is over");
      if (outcome == Seized::ended) continue;
      Attachment::Thread& thread = attachment.threads[tid];
      thread.arrived = std::move(arrived);
      sched_getaffinity(tid, sizeof thread.processors, &thread.processors);
      const auto filters = SeccompFilters::of(tid);
      if (filters && !SuspendedFilters(tid, filters, WhenTracerDies::run_on).are_suspended())
        return cannot_attach(pid, "has a seccomp filter, which may kill it for the calls bygone makes in it",
                             "attach with CAP_SYS_ADMIN, or record it from its beginning");
    }
  }
  if (!attachment.threads.contains(pid)) return cannot_attach(pid, "has ended meanwhile", "");
  return {};
}

// Parents before their children, who can make no more of them then.
Expected<void> Session::seize_descendants() {
  std::vector<pid_t> parents = {attachments_.begin()->first};
  for (size_t i = 0; i < parents.size(); ++i) {
    for (const pid_t child : children_of(parents[i])) {
      if (attachments_.contains(child) || is_ending(child)) continue;
      if (const auto possible = check_can_attach(child); !possible) {
        if (is_ending(child)) continue;
        return possible;
      }
      for (const pid_t parent : parents)
        if (syscall(SYS_kcmp, child, parent, KCMP_VM, 0, 0) == 0)
          return cannot_attach(child, fmt::format("shares the memory of process {}", parent),
                               "record without --descendants, or try again");
      Attachment& attachment = attachments_[child];
      attachment.process = child;
      const auto seized = seize_threads(attachment);
      if (seized) {
        parents.push_back(child);
      } else if (is_ending(child)) {
        attachments_.erase(child);
      } else {
        return seized;
      }
    }
  }
  return {};
}

Expected<void> Session::attach_to(pid_t pid) {
  BYGONE_TRY(check_can_attach(pid));
  Attachment& first = attachments_[pid];
  first.process = pid;
  BYGONE_TRY(seize_threads(first));
  if (options_.descendants == Descendants::too) BYGONE_TRY(seize_descendants());
  // What is sent from here on stays pending, in its order.
  std::list<ScopedSignalMask> held_back;
  for (const auto& [process, attachment] : attachments_)
    for (const auto& [tid, thread] : attachment.threads) held_back.emplace_back(tid, all_but_ours);
  BYGONE_TRY(adopt_process(first));
  for (auto& [process, attachment] : attachments_)
    if (process != pid) BYGONE_TRY(adopt_process(attachment));
  for (const auto& [process, attachment] : attachments_)
    for (const auto& [tid, thread] : attachment.threads)
      if (RecordedTask* const task = find(tid); task != nullptr)
        for (const siginfo_t& info : thread.arrived) hold_signal(*task, info);
  BYGONE_TRY(take_snapshot());
  if (outcome_.snapshots == 0 && !log_.failure()) return cannot_attach(pid, "was killed meanwhile", "");
  log_.row(HeaderEntry{std::string(kFirstEventKey), std::to_string(log_.events())});
  for (const auto& [tid, task] : tasks_) task->signals_due = !task->held_signals.empty();
  return {};
}

Expected<void> Session::adopt_process(Attachment& attachment) {
  const pid_t pid = attachment.process;
  const auto kernel = read_maps(pid);
  if (!kernel) return cannot_attach(pid, "has ended meanwhile", "");
  for (const KernelMapping& mapping : *kernel)
    if (mapping.path == "[vdso]") attachment.vdso = mapping.range;
  const AddressSpaceId id = next_space_;
  ++next_space_.value;
  const auto space = begin_space(pid, AddressSpace(id, next_mapping_), AddressSpaceId{0});
  attachment.space = space;
  const pid_t parent = parent_of(pid);
  RecordedTask& leader =
      add_task(pid, pid, Tid{attachments_.contains(parent) ? parent : 0}, space, command_of(pid));
  BYGONE_TRY(adopt_thread(leader));
  const auto code = find_mapping(pid, kCodePage);
  // A recorder that was killed has left its pages.
  if (!code || !holds_own_code(space->memory)) BYGONE_TRY(install_own_pages(leader));
  attachment.vdso_bytes.resize(attachment.vdso.size_bytes());
  space->memory.read(attachment.vdso.start, attachment.vdso_bytes);
  std::vector<std::byte> stack_bytes;
  BYGONE_TRY(read_initial_mappings(leader, stack_bytes));
  log_.mapping_changes(space->space, stack_bytes);
  trap_timestamps(leader, {Address{0}, Address{~uint64_t{0}}});
  BYGONE_TRY(prepare_thread(leader));
  memory_files_open_ = status_files_open_ = true;  // they may be
  has_advice_ = has_advice_ || !read_advice(pid, log_.next(), space->space).empty();
  BYGONE_TRY(complete(leader, FrameKind::attach, std::nullopt, std::nullopt));
  for (const auto& [tid, thread] : attachment.threads) {
    if (tid == pid) continue;
    RecordedTask& task = add_task(tid, pid, Tid{pid}, space, command_of(tid));
    task.fault_actions = leader.fault_actions;
    BYGONE_TRY(adopt_thread(task));
    BYGONE_TRY(prepare_thread(task));
    BYGONE_TRY(complete(task, FrameKind::attach, std::nullopt, std::nullopt));
  }
  return {};
}

Expected<void> Session::adopt_thread(RecordedTask& task) {
  task.filters = SeccompFilters::of(task.tid);
  note_numbers(task);
  if (!leave_vdso(task.tid, attachment_of(task)->vdso))
    return cannot_attach(task.tgid, fmt::format("its thread {} stays inside the vDSO", task.tid),
                         "try again");
  cpu_set_t here;
  sched_getaffinity(0, sizeof here, &here);
  sched_setaffinity(task.tid, sizeof here, &here);
  if (get_registers(task.tid, task.registers) == Outcome::gone)
    return cannot_attach(task.tgid, "was killed meanwhile", "");
  // Whether a call that was interrupted begins again, or fails with EINTR, the kernel finds out when it goes
  // on: signals may be waiting.
  begin_again_if_stopped(task.registers);
  if (!restarts_call(task.registers))
    task.registers[Register::orig_rax] = ~uint64_t{0};
  else if (int64_t(task.registers[Register::rax]) == kRestartBlock)
    task.interrupted_call = int64_t(task.registers[Register::orig_rax]);
  set_registers(task.tid, task.registers);
  return {};
}

// What a program that was recorded from its beginning has had done to it before.
Expected<void> Session::prepare_thread(RecordedTask& task) {
  TraceeMemory& memory = task.space->memory;
  RseqRegistration& rseq = attachment_of(task)->threads.at(task.tid).rseq;
  const bool has_rseq =
      ptrace(kGetRseqConfiguration, task.tid, reinterpret_cast<void*>(sizeof rseq), &rseq) > 0 &&
      rseq.area != 0;
  std::vector<RemoteCall> calls = {{SYS_prctl, {PR_SET_TSC, PR_TSC_SIGSEGV}},
                                   {SYS_prctl, {PR_GET_TID_ADDRESS, kScratch.value}}};
  if (has_rseq) calls.push_back({SYS_rseq, {rseq.area, rseq.size_bytes, kRseqUnregister, rseq.signature}});
  BYGONE_TRY(make_calls(task, calls));
  // A filter forbids it: then as on machines where it does not work.
  if (calls[0].result != 0 && !std::exchange(replaces_timestamps_, true))
    trap_timestamps(task, {Address{0}, Address{~uint64_t{0}}});
  uint64_t clear_tid = 0;
  if (calls[1].result == 0 && memory.read_value(kScratch, clear_tid)) task.clear_tid = Address{clear_tid};
  if (task.tid == task.tgid) BYGONE_TRY(learn_fault_actions(task));
  if (has_rseq && calls[2].result == 0)
    memory.write_value(Address{rseq.area} + kRseqCpuIdOffset, kRseqRegistrationFailed);
  else
    rseq.area = 0;
  return {};
}

Expected<void> Session::learn_fault_actions(RecordedTask& task) {
  for (const int signal : FaultActions::kSignals) {
    KernelAction& action = *task.fault_actions->find(signal);
    RemoteCall call{SYS_rt_sigaction, {uint64_t(signal), 0, kScratch.value, sizeof action.mask}};
    BYGONE_TRY(make_calls(task, std::span(&call, 1)));
    if (call.result == 0) task.space->memory.read_value(kScratch, action);
  }
  return {};
}

// As far as the kernel looks at the area (rseq(2), kernel/rseq.c).
bool Session::registers_rseq(RecordedTask& task) {
  const Registers& call = task.registers;
  constexpr uint64_t kSmallestBytes = 32, kAlignment = 32;
  uint64_t first = 0;
  return call[Register::orig_rax] == SYS_rseq && call.argument(2) == 0 &&
         uint32_t(call.argument(1)) >= kSmallestBytes && call.argument(0) % kAlignment == 0 &&
         task.space->memory.read_value(Address{call.argument(0)}, first);
}

// A thread that was being made when the process was attached to insists on its registration (glibc aborts
// otherwise): it is told that it has one, finds no use for it, and gets it at the end.
void Session::pretend_rseq(RecordedTask& task) {
  const Registers& call = task.entry.registers;
  Attachment& attachment = *attachment_of(task);
  RseqRegistration& rseq =
      attachment.threads
          .try_emplace(task.tid, Attachment::Thread{attachment.processors_of(attachment.process), {}, {}})
          .first->second.rseq;
  rseq = {call.argument(0), uint32_t(call.argument(1)), uint32_t(call.argument(3)), 0, 0};
  const Address at = Address{rseq.area} + kRseqCpuIdOffset;
  task.space->memory.write_value(at, kRseqRegistrationFailed);
  log_.memory_write(Tid{task.tid}, at, std::as_bytes(std::span(&kRseqRegistrationFailed, 1)));
}

Attachment* Session::attachment_of(const RecordedTask& task) {
  if (!task.space) return nullptr;
  for (auto& [process, attachment] : attachments_)
    if (attachment.space.lock() == task.space) return &attachment;
  return nullptr;
}

// A child made by fork(2) has what was changed in its parent, and is to be without it in the end too.
void Session::attach_child(const RecordedTask& parent, const RecordedTask& child) {
  std::erase_if(attachments_, [](const auto& a) { return a.second.space.expired(); });
  const Attachment* const from = attachment_of(parent);
  if (from == nullptr || child.space == parent.space) return;
  Attachment& attachment = attachments_[child.tid];
  attachment.process = child.tid;
  attachment.space = child.space;
  attachment.vdso = from->vdso;
  attachment.vdso_bytes = from->vdso_bytes;
  const auto thread = from->threads.find(parent.tid);
  attachment.threads[child.tid] = {from->processors_of(parent.tid),
                                   thread == from->threads.end() ? RseqRegistration{} : thread->second.rseq,
                                   {}};
}

// The program it executes is new: there is less to undo.
void Session::keep_attached(RecordedTask& task, const cpu_set_t& processors) {
  Attachment attachment;
  attachment.process = task.tid;
  attachment.space = task.space;
  attachment.threads[task.tid].processors = processors;
  attachments_[task.tid] = std::move(attachment);
}

// Each process once all its threads stand ready: none may be inside the vDSO while that is made what it was.
void Session::detach_attached() {
  for (const auto& [process, attachment] : attachments_) {
    const auto space = attachment.space.lock();
    if (!space) continue;
    std::vector<RecordedTask*> threads;
    bool all_ready = true;
    for (const auto& [tid, task] : tasks_) {
      if (task->space != space) continue;
      all_ready = all_ready && task->may_detach && !task->pending;
      threads.push_back(task.get());
    }
    if (all_ready && !threads.empty()) detach_process(attachment, threads);
  }
}

void Session::detach_process(const Attachment& attachment, std::span<RecordedTask* const> threads) {
  TraceeMemory& memory = threads.front()->space->memory;
  memory.follow(threads.front()->tid);
  std::list<ScopedSignalMask> held_back;
  for (RecordedTask* const task : threads) held_back.emplace_back(task->tid, all_but_ours);
  for (RecordedTask* const task : threads) leave_vdso(task->tid, attachment.vdso);
  if (!attachment.vdso.empty()) restore_vdso(memory, attachment.vdso, attachment.vdso_bytes);
  for (RecordedTask* const task : threads) {
    const auto thread = attachment.threads.find(task->tid);
    if (thread != attachment.threads.end()) register_rseq(*task, thread->second.rseq);
    queue_held_signals(*task);
  }
  // Nobody calls from bygone's pages any more.
  if (get_registers(threads.front()->tid, threads.front()->registers) == Outcome::done) {
    const RemoteCall unmap{SYS_munmap, {kOwnPages.start.value, kOwnPages.size_bytes()}};
    static_cast<void>(borrow_code(*threads.front(), unmap));
  }
  held_back.clear();
  for (RecordedTask* const task : threads) detach(*task);
}

// Those it may run on when it is not recorded.
const cpu_set_t& Session::own_processors(const RecordedTask& task) {
  return task.processors_asked ? *task.processors_asked : processors_before(task);
}

const cpu_set_t& Session::processors_before(const RecordedTask& task) {
  if (const Attachment* const attachment = attachment_of(task)) return attachment->processors_of(task.tid);
  const auto process = attachments_.find(task.tgid);  // a thread that executes a program has left its space
  return process == attachments_.end() ? processors_ : process->second.processors_of(task.tid);
}

void Session::register_rseq(RecordedTask& task, const RseqRegistration& rseq) {
  if (rseq.area == 0) return;
  TraceeMemory& memory = task.space->memory;
  // Neither running on a processor nor failed, as before the first registration.
  memory.write_value(Address{rseq.area}, uint64_t{0xffffffff} << 32);
  RemoteCall call{SYS_rseq, {rseq.area, rseq.size_bytes, 0, rseq.signature}};
  std::vector<siginfo_t> arrived;
  static_cast<void>(make_calls(task, std::span(&call, 1), arrived));
  task.held_signals.insert(task.held_signals.end(), arrived.begin(), arrived.end());
}

}  // namespace bygone
