#include <linux/futex.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "recorder/kinship.h"
#include "recorder/session.h"
#include "recorder/wait_limit.h"
#include "tracee/memory_digest.h"
#include "tracee/stack_limit.h"

namespace bygone {

namespace {

constexpr int64_t kExitPatienceUs =
    10'000;  // how long the end of one task is waited for while others stand still

// What of clone(2), clone3(2), fork(2) and vfork(2) matters here.
struct NewTask {
  uint64_t flags = 0;
  Address parent_tid;
  Address child_tid;
  Address pidfd;
  // Of the new task's stack; 0 where the call does not say.
  Address stack_lowest;
  Address stack_top;
};

NewTask request_of(const Registers& call, TraceeMemory& memory) {
  NewTask request;
  switch (call[Register::orig_rax]) {
    case SYS_clone:
      request.flags = call.argument(0);
      request.stack_top = Address{call.argument(1)};
      request.parent_tid = Address{call.argument(2)};
      request.child_tid = Address{call.argument(3)};
      request.pidfd = request.parent_tid;
      break;
    case SYS_clone3: {
      clone_args arguments{};
      memory.read(Address{call.argument(0)},
                  std::as_writable_bytes(std::span(&arguments, 1))
                      .first(std::min<size_t>(call.argument(1), sizeof arguments)));
      request.flags = arguments.flags;
      request.parent_tid = Address{arguments.parent_tid};
      request.child_tid = Address{arguments.child_tid};
      request.pidfd = Address{arguments.pidfd};
      request.stack_lowest = Address{arguments.stack};
      request.stack_top = request.stack_lowest + arguments.stack_size;
      break;
    }
    case SYS_vfork:
      request.flags = CLONE_VFORK | CLONE_VM;
      break;
    default:
      break;
  }
  return request;
}

Address stack_pointer_of(const RecordedTask& task) {
  return Address{task.registers[Register::rsp]};
}

// Nobody stands on the stack around `left` any more, unless a stack pointer in use lies there too (vfork(2)).
void end_stack(AddressSpace& space, EventNumber at, Address left, const std::vector<Address>& in_use) {
  const Mapping* const stack = space.find(left);
  if (stack == nullptr) return;
  for (const Address pointer : in_use)
    if (stack->range().contains(pointer)) return;
  space.end_stack(at, left);
}

}  // namespace

// Words the kernel changes when the task ends, or executes another program: its robust futexes
// (set_robust_list(2), kernel/futex/core.c) and the word set_tid_address(2) named.
std::vector<Address> Session::words_written_at_exit(const RecordedTask& task) {
  std::vector<Address> words;
  void* head_pointer = nullptr;
  size_t head_size = 0;
  TraceeMemory& memory = task.space->memory;
  if (syscall(SYS_get_robust_list, task.tid, &head_pointer, &head_size) == 0 && head_pointer != nullptr) {
    constexpr size_t kMostLocks = 2048;  // ROBUST_LIST_LIMIT
    const Address head{reinterpret_cast<uint64_t>(head_pointer)};
    robust_list_head list{};
    if (memory.read_value(head, list)) {
      auto add = [&](const robust_list* entry) {
        // The lowest bit marks priority-inheriting locks.
        const uint64_t at = reinterpret_cast<uint64_t>(entry) & ~uint64_t{1};
        words.push_back(Address{at + uint64_t(list.futex_offset)});
      };
      const robust_list* entry = list.list.next;
      for (size_t i = 0; i < kMostLocks; ++i) {
        const Address at{reinterpret_cast<uint64_t>(entry) & ~uint64_t{1}};
        if (at == head || at.value == 0) break;
        add(entry);
        robust_list next{};
        if (!memory.read_value(at, next)) break;
        entry = next.next;
      }
      if (list.list_op_pending != nullptr) add(list.list_op_pending);
    }
  }
  if (task.clear_tid) words.push_back(task.clear_tid);
  return words;
}

std::shared_ptr<RecordedSpace> Session::begin_space(pid_t tid, AddressSpace model, AddressSpaceId parent) {
  log_.row(AddressSpaceRow{model.id(), parent, log_.next(), kNoEvent, stack_limit_of(tid)});
  auto space = std::make_shared<RecordedSpace>(std::move(model), tid);
  space->parent = parent;
  return space;
}

void Session::join_space(RecordedTask& task, std::shared_ptr<RecordedSpace> space) {
  task.space = std::move(space);
  task.space->users.insert(task.tid);
  log_.row(TaskAddressSpace{task.id, task.space->space.id(), log_.next(), kNoEvent});
}

void Session::leave_space(RecordedTask& task, Address stack_pointer) {
  if (!task.space) return;
  RecordedSpace& space = *task.space;
  space.users.erase(task.tid);
  log_.row(TaskAddressSpaceEnd{task.id, space.space.id(), log_.next()});
  if (space.users.empty()) {
    for (const auto& [start, mapping] : space.space.mappings()) log_.row(MappingEnd{mapping.id, log_.next()});
    log_.row(AddressSpaceEnd{space.space.id(), log_.next()});
  } else {
    space.memory.follow(*space.users.begin());
    if (space.statm >= 0) close(space.statm);
    space.statm = -1;
    std::vector<Address> in_use;
    for (const auto& [tid, other] : tasks_)
      if (other->space == task.space && other.get() != &task) in_use.push_back(stack_pointer_of(*other));
    end_stack(space.space, log_.next(), stack_pointer, in_use);
    log_.mapping_changes(space.space);
  }
  task.space.reset();
}

void Session::forget(pid_t tid) {
  const auto task = tasks_.find(tid);
  if (task == tasks_.end()) return;
  writing_last_.erase(task->second.get());
  tasks_.erase(task);
}

RecordedTask& Session::add_task(pid_t tid, pid_t tgid, Tid parent, std::shared_ptr<RecordedSpace> space,
                                const std::string& command) {
  auto task = std::make_unique<RecordedTask>();
  task->id = next_task_;
  ++next_task_.value;
  task->tid = tid;
  task->tgid = tgid;
  task->last_turn = turns_;
  note_user(*task);
  log_.row(Task{task->id, Tid{tid}, Tid{tgid}, parent, log_.next(), kNoEvent, command, std::nullopt});
  if (space) join_space(*task, std::move(space));
  RecordedTask& reference = *task;
  tasks_[tid] = std::move(task);
  return reference;
}

Expected<void> Session::on_new_task(RecordedTask& parent, const Stop& stop) {
  uint64_t message = 0;
  if (get_event_message(parent.tid, message) == Outcome::gone) return {};
  const pid_t tid = pid_t(message);
  const NewTask request = request_of(parent.entry.registers, parent.space->memory);

  std::optional<Stop> first_stop;
  if (const auto early = early_stops_.extract(tid)) first_stop = early.mapped();
  while (!first_stop) {
    first_stop = wait_for(tid, Waiting::block);
    if (first_stop) ++outcome_.ptrace_stops;
  }
  Registers child_registers;
  const bool alive =
      first_stop->kind != Stop::Kind::exited && get_registers(tid, child_registers) == Outcome::done;

  // The parent's frame comes first: from here on the child exists.
  auto written = [&](RecordedTask& task, uint64_t flag, Address address) {
    uint32_t value = 0;
    if ((request.flags & flag) == 0 || !task.space->memory.read_value(address, value)) return;
    log_.memory_write(Tid{task.tid}, address, std::as_bytes(std::span(&value, 1)));
  };
  written(parent, CLONE_PARENT_SETTID, request.parent_tid);
  written(parent, CLONE_PIDFD, request.pidfd);
  BYGONE_TRY(complete(parent, FrameKind::clone, int32_t(parent.entry.registers[Register::orig_rax]), tid));

  const bool shares_memory = (request.flags & CLONE_VM) != 0;
  const bool is_thread = (request.flags & CLONE_THREAD) != 0;
  const pid_t tgid = is_thread ? parent.tgid : tid;
  std::shared_ptr<RecordedSpace> space = parent.space;
  if (!shares_memory) {
    const AddressSpaceId id = next_space_;
    ++next_space_.value;
    space = begin_space(tid, parent.space->space.fork(log_.next(), id), parent.space->space.id());
    space->program_break = parent.space->program_break;
    for (const auto& [other_tid, other] : tasks_)
      if (other.get() != &parent && other->space == parent.space)
        end_stack(space->space, log_.next(), stack_pointer_of(*other), {stack_pointer_of(parent)});
  }
  RecordedTask& child = add_task(tid, tgid, Tid{parent.tid}, space, command_of(parent.tid));
  inherit_scheduling(parent, child);
  child.timestamps_fault = parent.timestamps_fault;
  child.filters = parent.filters;
  child.maker = parent.tid;
  if ((request.flags & CLONE_SIGHAND) != 0)
    child.fault_actions = parent.fault_actions;
  else
    *child.fault_actions = *parent.fault_actions;
  if ((request.flags & CLONE_CLEAR_SIGHAND) != 0) child.fault_actions->forget_handlers();
  has_pid_namespaces_ = has_pid_namespaces_ || (request.flags & CLONE_NEWPID) != 0;
  if (has_pid_namespaces_) note_numbers(child);
  if (!attachments_.empty()) attach_child(parent, child);
  if (child.tgid == child.tid && ignores_child_stops_.contains(parent.tgid)) ignores_child_stops_.insert(tid);
  if ((request.flags & CLONE_CHILD_CLEARTID) != 0) child.clear_tid = request.child_tid;
  if (!shares_memory && alive) capture_calls_in_flight(parent, child);
  child.registers = child_registers;
  if (parent.argument_replaced && alive) {
    child.registers[Register::rdi] = parent.entry.registers[Register::rdi];
    set_registers(tid, child.registers);
  }
  child.registers[Register::orig_rax] = ~uint64_t{0};
  written(child, CLONE_CHILD_SETTID, request.child_tid);
  // Only now: of a stack without a thread nothing would be left out.
  if (is_thread && alive)
    space->space.begin_thread_stack(log_.next(), request.stack_lowest, request.stack_top);
  BYGONE_TRY(complete(child, FrameKind::start, std::nullopt, std::nullopt));
  child.state = RecordedTask::State::ready;
  if (!alive || first_stop->kind != Stop::Kind::trap) {
    child.state = RecordedTask::State::away;
    child.pending = *first_stop;
  }

  parent.lost_turn = true;
  parent.state = RecordedTask::State::away;
  parent.sleeps_in_vfork = stop.event == PTRACE_EVENT_VFORK;
  parent.traced.vfork_done_due = stop.event == PTRACE_EVENT_VFORK;
  if (stop_at_new_task(parent, child, stop.event, request.flags)) return {};
  return go_on_after_clone(parent, stop.event);
}

// The child has a copy of what the calls of other threads had written by then; their frames come later.
void Session::capture_calls_in_flight(const RecordedTask& parent, RecordedTask& child) {
  for (const auto& [tid, other] : tasks_) {
    if (other.get() == &parent || other->space != parent.space || !other->in_call) continue;
    for (const MemoryRange& range :
         may_be_written_by(other->entry, parent.space->memory, parent.space->space))
      capture_pages(child, range, [](Pagemap::Page page) { return page == Pagemap::Page::own; });
  }
}

Expected<void> Session::go_on_after_clone(RecordedTask& parent, int event) {
  // A parent in vfork(2) sleeps until the child has gone its own way; others come back at once.
  parent.state = RecordedTask::State::away;
  if (resume(parent.tid, Resume::to_system_call) == Outcome::gone || event == PTRACE_EVENT_VFORK) return {};
  const auto next = wait_through_signals(parent.tid);
  if (!next) return {};
  ++outcome_.ptrace_stops;
  return handle(parent, *next);
}

std::pair<RecordedTask*, Address> Session::other_view(const RecordedTask& task, Address address) {
  if (!task.space) return {nullptr, address};
  const Mapping* const mapping = task.space->space.find(address);
  RecordedTask* last_resort = nullptr;
  for (const auto& [tid, other] : tasks_) {
    if (other.get() == &task || !other->space || other->state == RecordedTask::State::leaving) continue;
    // One that executes a program may have the new memory already.
    if (other->exec_pending) continue;
    const bool executes = other->in_call && is_exec(int64_t(other->entry.registers[Register::orig_rax]));
    if (other->space == task.space) {
      if (executes) {
        last_resort = other.get();
        continue;
      }
      other->space->memory.follow(tid);
      return {other.get(), address};
    }
    if (executes) continue;
    if (mapping == nullptr || !mapping->recorded.prot.shared || mapping->recorded.inode == 0) continue;
    const Address in_file{mapping->recorded.offset_bytes + (address - mapping->range().start)};
    for (const auto& [start, theirs] : other->space->space.mappings()) {
      const KernelMapping& m = theirs.recorded;
      if (!m.prot.shared || m.inode != mapping->recorded.inode || m.device != mapping->recorded.device)
        continue;
      if (const MemoryRange there = shown_at(m, range_of(in_file, 1)); !there.empty())
        return {other.get(), there.start};
    }
  }
  if (last_resort != nullptr) last_resort->space->memory.follow(last_resort->tid);
  return {last_resort, address};
}

void Session::capture_words_elsewhere(const RecordedTask& task, const std::vector<Address>& words) {
  for (Address address : words) {
    const auto [other, there] = other_view(task, address);
    if (other != nullptr) capture_range(*other, range_of(there, sizeof(uint32_t)));
  }
}

void Session::expect_last_writes(RecordedTask& task) {
  task.words_at_exit = words_written_at_exit(task);
  task.words_before.resize(task.words_at_exit.size());
  for (size_t i = 0; i < task.words_at_exit.size(); ++i)
    task.space->memory.read_value(task.words_at_exit[i], task.words_before[i]);
  if (!task.words_at_exit.empty()) writing_last_.insert(&task);
}

void Session::call_off_last_writes(RecordedTask& task) {
  task.words_at_exit.clear();
  writing_last_.erase(&task);
}

void Session::capture_last_writes() {
  for (RecordedTask* const task : writing_last_) {
    auto& words = task->words_at_exit;
    for (size_t i = 0; i < words.size();) {
      const auto [other, there] = other_view(*task, words[i]);
      uint32_t now = 0;
      if (other == nullptr || !other->space->memory.read_value(there, now) || now == task->words_before[i]) {
        ++i;
        continue;
      }
      // From here on the word is theirs.
      capture_range(*other, range_of(there, sizeof now));
      words.erase(words.begin() + ptrdiff_t(i));
      task->words_before.erase(task->words_before.begin() + ptrdiff_t(i));
    }
  }
}

void Session::finish_task(RecordedTask& task, int status, const std::vector<Address>& kernel_writes) {
  writing_last_.erase(&task);
  capture_words_elsewhere(task, kernel_writes);
  leave_space(task, stack_pointer_of(task));
  task.exit_event = log_.next();
  task.exit_status = status;
  log_.row(TaskEnd{task.id, log_.next(), status});
  log_.frame(FrameKind::exit, Tid{task.tid}, std::nullopt, status, nullptr);
  ++turn_frames_;
}

// Killed inside a call that has no frame yet: what the task computed before is seen by those who share its
// memory.
void Session::enter_last_call(RecordedTask& task) {
  if (task.in_call && !task.injecting && !task.exec_pending && task.in_user_code) lose_turn(task);
}

// What a call that never returns has written on its way out, such as the time that remained of a sleep, is
// seen by those who share its memory.
std::vector<MemoryRange> Session::written_by_last_call(RecordedTask& task) {
  const bool is_over =
      !task.in_call || task.injecting || task.exec_pending || task.image_lost || task.end_told;
  if (is_over || !task.space || is_exec(int64_t(task.entry.registers[Register::orig_rax]))) return {};
  return may_be_written_by(task.entry, task.space->memory, task.space->space);
}

// Its return has a frame of its own where it is seen, before the digests that come with the end.
Expected<void> Session::end_last_call(RecordedTask& task) {
  const auto written = written_by_last_call(task);
  const bool is_seen = std::any_of(written.begin(), written.end(), [&](const MemoryRange& range) {
    return other_view(task, range.start).first != nullptr;
  });
  if (!is_seen || get_registers(task.tid, task.registers) == Outcome::gone) return {};
  // No others: whoever reads one that userfaultfd(2) watches waits for the program.
  for (const MemoryRange& range : written) capture_pages(task, range, Pagemap::is_there);
  task.in_call = false;
  // `entry` has the number of the call that restart_syscall(2) goes on with.
  const bool restarted = task.registers[Register::orig_rax] == SYS_restart_syscall;
  const Registers& shown = restarted ? task.registers : task.entry.registers;
  return complete(task, FrameKind::syscall, int32_t(shown[Register::orig_rax]),
                  int64_t(task.registers[Register::rax]));
}

Expected<void> Session::end_computation(RecordedTask& task) {
  if (!task.in_user_code || task.in_call || task.image_lost || !task.space) return {};
  const bool is_seen = std::any_of(tasks_.begin(), tasks_.end(), [&](const auto& t) {
    const RecordedTask& other = *t.second;
    return &other != &task && other.tgid != task.tgid && !dying_.contains(other.tgid) &&
           share_memory(other, task);
  });
  return is_seen ? write_preempt_frame(task, {}) : Expected<void>{};
}

Expected<void> Session::on_exit_event(RecordedTask& task) {
  uint64_t status = 0;
  if (get_event_message(task.tid, status) == Outcome::gone) return {};
  if (stop_at_exit(task, status)) return {};
  enter_last_call(task);
  BYGONE_TRY(end_last_call(task));
  BYGONE_TRY(end_computation(task));
  if (task.in_user_code && task.space) task.space->killed_midway = task.tgid;
  const bool is_midway = task.in_user_code || (task.space && task.space->killed_midway == task.tgid);
  const bool at_known_position = !is_midway && !task.image_lost;
  if (options_.checking == Checking::everything && at_known_position) {
    next_proof_ = log_.next();
    BYGONE_TRY(prove(task, log_.next()));
  }
  expect_last_writes(task);
  const bool leads_others =
      task.tid == task.tgid && std::any_of(tasks_.begin(), tasks_.end(), [&](const auto& t) {
        return t.second.get() != &task && t.second->tgid == task.tgid;
      });
  task.state = RecordedTask::State::leaving;
  resume(task.tid, Resume::run);
  // What the kernel writes on its way out must be there before anybody else runs. A leader is not reported
  // before the last of its threads.
  std::optional<Stop> gone;
  while (!gone) {
    {
      const WaitLimit limit(kExitPatienceUs);
      gone = wait_for(task.tid, leads_others ? Waiting::no_wait : Waiting::block);
    }
    if (gone && gone->event == PTRACE_EVENT_EXEC) break;  // another thread has taken its place already
    if (gone && gone->kind != Stop::Kind::exited) {
      resume(task.tid, Resume::run);
      gone.reset();
      continue;
    }
    if (!gone && !leads_others && errno != EINTR) break;  // reaped by a wait for anybody
    if (!gone && !leads_others) {
      // The first process of a pid namespace ends after all others in it (pid_namespaces(7)), and those need
      // us.
      collect_stops();
      if (task.pending || others_can_run(task)) return {};
      continue;
    }
    if (!gone) {
      if (has_ended(task.tgid, task.tid)) break;
      sched_yield();
    }
  }
  finish_task(task, int(status), task.words_at_exit);
  if (!gone) return {};
  if (gone->kind == Stop::Kind::exited) return on_gone(task, gone->wait_status);
  file_stop(*gone);
  return {};
}

Expected<void> Session::on_gone(RecordedTask& task, int wait_status) {
  if (task.tid == first_tid_) outcome_.wait_status = wait_status;
  // No PTRACE_EVENT_EXIT was seen, SIGKILL can skip it, or it was not waited for.
  if (task.space) {
    enter_last_call(task);
    for (const MemoryRange& range : written_by_last_call(task)) {
      const auto [other, there] = other_view(task, range.start);
      if (other != nullptr) capture_range(*other, range_of(there, range.size_bytes()));
    }
    if (task.in_user_code) task.space->killed_midway = task.tgid;
    const bool expected = task.state == RecordedTask::State::leaving;
    if (!expected && task.words_at_exit.empty() && task.clear_tid) task.words_at_exit = {task.clear_tid};
    finish_task(task, wait_status, task.words_at_exit);
  }
  // A leader whose threads lived on has the status of the whole process, known only now.
  if (task.exit_event && wait_status != task.exit_status)
    log_.row(TaskEnd{task.id, task.exit_event, wait_status});
  if (task.computing) --computing_;
  note_end_for_tracer(task, wait_status);
  end_tracing_by(task.tid);
  if (task.tid == task.tgid) {
    ignores_child_stops_.erase(task.tid);
    dying_.erase(task.tid);
  }
  forget(task.tid);
  return {};
}

}  // namespace bygone
