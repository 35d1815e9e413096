#include "replayer/replay_session.h"

#include <sys/ptrace.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "tracee/breakpoint.h"
#include "tracee/call_result.h"
#include "tracee/extended_state.h"
#include "tracee/memory_digest.h"
#include "tracee/stub_image.h"
#include "tracee/syscall_table.h"
#include "tracee/timestamp_sites.h"
#include "tracee/timestamp_trap.h"

namespace bygone {

namespace {

constexpr auto kFollowPause = std::chrono::milliseconds(20);
constexpr int kLooksAtTheEnd = 250;
constexpr uint64_t kEventsPerProgress = 256;

bool holds(TraceeMemory& memory, Address at, std::span<const std::byte> bytes) {
  std::vector<std::byte> found(bytes.size());
  return memory.read(at, found) && std::equal(found.begin(), found.end(), bytes.begin());
}

bool in_group(const std::vector<Task>& tasks, Tid tid, Tid group) {
  return std::any_of(tasks.begin(), tasks.end(),
                     [&](const Task& task) { return task.tid == tid && task.tgid == group; });
}

}  // namespace

ReplaySession::ReplaySession(RecordingReader& recording, const ReplayOptions& options, ProcessMaker processes)
    : recording_(recording),
      options_(options),
      processes_(std::move(processes)),
      files_(recording),
      materialiser_(recording, files_, processes_) {}

Expected<std::unique_ptr<ReplaySession>> ReplaySession::create(RecordingReader& recording,
                                                               const ReplayOptions& options) {
  const std::string processor = recording.header("recorded_on_processor");
  if (processor.empty() || pin_to_processor(std::atoi(processor.c_str())) < 0) pin_to_processor(-1);
  BYGONE_ASSIGN(ProcessMaker processes, ProcessMaker::create());
  return std::unique_ptr<ReplaySession>(new ReplaySession(recording, options, std::move(processes)));
}

ReplaySession::~ReplaySession() {
  for (const auto& [tid, pid] : made_) end_process(pid);
  for (const auto& [tid, task] : tasks_) end_process(task.pid);
}

Expected<void> ReplaySession::load_tasks() {
  BYGONE_ASSIGN(const auto tasks, recording_.tasks());
  for (const Task& task : tasks) group_of_[{task.tid, task.first_event}] = task.tgid;
  const auto first = std::find_if(tasks.begin(), tasks.end(), [](const Task& task) { return !task.parent; });
  if (first != tasks.end()) {
    first_task_ = first->tid;
    // A thread that executes a program takes its leader's tid over: the process ends as the last of these.
    for (const Task& task : tasks)
      if (task.tid == first->tid && (&task == &*first || in_group(tasks, task.parent, first->tgid)))
        first_status_ = task.status;
  }
  BYGONE_ASSIGN(const auto spaces, recording_.address_spaces());
  for (const AddressSpaceRow& row : spaces) space_rows_[row.id] = row;
  has_digests_ = recording_.header("checking") == "everything";
  return {};
}

Expected<bool> ReplaySession::wait_for_more(EventNumber done) {
  // Between the death of a trace service and its successor nobody writes, and the recording is not over.
  int over = 0;
  while (over < kLooksAtTheEnd) {
    // Asked before the events are: what was committed before the end is seen then.
    over = recording_.outcome() == "recording" ? 0 : over + 1;
    const bool closed = recording_.header("state") != "recording";
    BYGONE_ASSIGN(const EventNumber last, recording_.refresh());
    if (last > done) return true;
    if (closed) return false;
    std::this_thread::sleep_for(kFollowPause);
  }
  return false;
}

Expected<void> ReplaySession::begin(EventNumber event) {
  BYGONE_TRY(load_tasks());
  const EventNumber first = recording_.first_event();
  const bool begins_with_snapshot = recording_.begins_with_snapshot();
  if (begins_with_snapshot) event = std::max(event, first);
  BYGONE_ASSIGN(const auto start, snapshots_.nearest(event));
  if (!start && begins_with_snapshot)
    return fail(ErrorKind::bad_data, recording_.name(),
                fmt::format("lacks the snapshot of event {} with which it begins", first.value),
                "`bygone verify` says how far it can be used");
  if (!start) return {};
  BYGONE_ASSIGN(const SnapshotState state, snapshots_.state_at(start->event));
  BYGONE_TRY(restore(state));
  outcome_.last_event = start->event;
  return {};
}

Expected<void> ReplaySession::run_to(EventNumber event, const Visit& after_each) {
  return recording_.for_each_full_frame(EventNumber{outcome_.last_event.value + 1}, event,
                                        [&](FullFrame& frame) -> Expected<bool> {
                                          BYGONE_TRY(step(frame));
                                          outcome_.last_event = frame.frame.event;
                                          if (options_.progress && ++until_progress_ == kEventsPerProgress) {
                                            until_progress_ = 0;
                                            options_.progress(frame.frame.event);
                                          }
                                          return after_each ? after_each() : Expected<bool>(true);
                                        });
}

Expected<ReplayOutcome> ReplaySession::run() {
  BYGONE_TRY(begin(options_.from.value_or(EventNumber{})));
  for (;;) {
    const EventNumber committed = recording_.last_event();
    const EventNumber last = options_.until ? std::min(*options_.until, committed) : committed;
    BYGONE_TRY(run_to(last));
    if (options_.extent != ReplayExtent::follow || (options_.until && last == *options_.until)) break;
    BYGONE_ASSIGN(const bool more, wait_for_more(last));
    if (!more) break;
    BYGONE_TRY(load_tasks());
    BYGONE_TRY(learn_later_changes(last));
  }
  BYGONE_TRY(load_tasks());
  outcome_.ptrace_stops += materialiser_.ptrace_stops();
  // The status of a process is that of its last threads where its leader ended before them; the task's row
  // has it.
  if (outcome_.wait_status && first_status_) outcome_.wait_status = first_status_;
  return outcome_;
}

Expected<ReplayedTask*> ReplaySession::find(const Place& place) {
  const auto it = tasks_.find(place.task);
  if (it == tasks_.end())
    return fail(ErrorKind::bad_data, fmt::format("event {}", place.event.value),
                fmt::format("belongs to task {}, which does not live then", place.task.value),
                "the recording is damaged: `bygone verify` says how far it can be used");
  return &it->second;
}

void ReplaySession::set_going_on_with(ReplayedTask& task, const Registers& registers) {
  task.registers = registers;
  task.registers_set = false;
}

Expected<void> ReplaySession::step_over(ReplayedTask& task, const Place& place) {
  Registers before;
  get_registers(task.pid, before);
  for (;;) {
    if (resume(task.pid, Resume::single_step) == Outcome::gone) break;
    std::optional<Stop> stop;
    while (!(stop = wait_for(task.pid, Waiting::block))) {
    }
    ++outcome_.ptrace_stops;
    if (stop->kind == Stop::Kind::exited || stop->kind == Stop::Kind::event) break;
    siginfo_t info;
    if (stop->kind != Stop::Kind::signal || get_siginfo(task.pid, info) == Outcome::gone) continue;
    if (info.si_signo == SIGTRAP && info.si_code == TRAP_TRACE) return {};
    // From the end of a call the kernel reports that end first (user_single_step_report()).
    Registers now;
    if (info.si_signo == SIGTRAP && info.si_code == TRAP_BRKPT &&
        get_registers(task.pid, now) == Outcome::done && now[Register::rip] == before[Register::rip])
      continue;
    if (info.si_code > 0)
      return diverged(place, fmt::format("expected no signal, found {} at 0x{:x}", signal_name(stop->signal),
                                         reinterpret_cast<uint64_t>(info.si_addr)));
  }
  return diverged(place, fmt::format("its process {} was killed from outside", task.pid));
}

void ReplaySession::take_registers(ReplayedTask& task) {
  if (task.call_returned) {
    restart_call(task.registers);
    task.call_returned = false;
  }
  if (!task.registers_set) {
    Registers plain = task.registers;
    plain[Register::orig_rax] = ~uint64_t{0};  // the kernel is not to restart anything on its own
    set_registers(task.pid, plain);
    task.registers_set = true;
  }
}

Expected<Stop> ReplaySession::run_on(ReplayedTask& task, const Place& place) {
  take_registers(task);
  for (;;) {
    if (resume(task.pid, Resume::emulating_calls) == Outcome::gone)
      return diverged(place, fmt::format("its process {} was killed from outside", task.pid));
    std::optional<Stop> stop;
    while (!(stop = wait_for(task.pid, Waiting::block))) {
    }
    ++outcome_.ptrace_stops;
    if (stop->kind == Stop::Kind::exited || stop->kind == Stop::Kind::event)
      return diverged(place, fmt::format("its process {} was killed from outside", task.pid));
    if (stop->kind == Stop::Kind::signal) {
      siginfo_t info;
      if (get_siginfo(task.pid, info) == Outcome::done && info.si_code <= 0)
        continue;  // sent by somebody: not ours
      return *stop;
    }
    if (stop->kind == Stop::Kind::system_call) return *stop;
  }
}

Expected<void> ReplaySession::run_to_call(ReplayedTask& task, const Place& place, Registers& found) {
  BYGONE_ASSIGN(const Stop stop, run_on(task, place));
  get_registers(task.pid, found);
  // The lower half is the number; see Session::on_entry.
  found[Register::orig_rax] = uint64_t(int64_t(int32_t(found[Register::orig_rax])));
  if (stop.kind == Stop::Kind::system_call) return {};
  siginfo_t info{};
  get_siginfo(task.pid, info);
  return diverged(place, fmt::format("expected a system call, found signal {} at rip 0x{:x} (address 0x{:x})",
                                     signal_name(stop.signal), found[Register::rip],
                                     reinterpret_cast<uint64_t>(info.si_addr)));
}

Expected<void> ReplaySession::run_to_fault(ReplayedTask& task, const Place& place, int signal,
                                           Registers& found) {
  BYGONE_ASSIGN(const Stop stop, run_on(task, place));
  get_registers(task.pid, found);
  if (stop.kind == Stop::Kind::signal && stop.signal == signal) return {};
  // rdtsc, which its program wanted to fault (prctl(2), PR_SET_TSC), may be ud2 here.
  std::array<uint8_t, 2> code{};
  constexpr std::array<uint8_t, 2> kUd2 = {0x0f, 0x0b};
  if (signal == SIGSEGV && stop.kind == Stop::Kind::signal && stop.signal == SIGILL &&
      task.space->memory.read_value(Address{found[Register::rip]}, code) && code == kUd2)
    return {};
  return not_the_fault(place, signal, stop, found);
}

tl::unexpected<Error> ReplaySession::not_the_fault(const Place& place, int signal, const Stop& stop,
                                                   const Registers& found) {
  if (stop.kind == Stop::Kind::signal)
    return diverged(place, fmt::format("expected {} from an instruction, found {} at rip 0x{:x}",
                                       signal_name(signal), signal_name(stop.signal), found[Register::rip]));
  return diverged(place, fmt::format("expected {} from an instruction, found the call {} at rip 0x{:x}",
                                     signal_name(signal), call_name(int64_t(found[Register::orig_rax])),
                                     found[Register::rip]));
}

Expected<void> ReplaySession::run_to_timestamp(ReplayedTask& task, const Place& place, Address after,
                                               Registers& found) {
  std::optional<Breakpoint> instead_of_trap;
  if (!processor_traps_timestamps()) {
    for (const TimestampInstruction which : {TimestampInstruction::rdtsc, TimestampInstruction::rdtscp}) {
      const Address at{after.value - size_of(which)};
      std::byte code[3] = {};
      if (!task.space->memory.read(at, std::span(code).first(size_of(which))) ||
          timestamp_instruction(code) != which)
        continue;  // ud2 already
      instead_of_trap.emplace(task.space->memory, at);
      instead_of_trap->plant();
      break;
    }
  }
  BYGONE_ASSIGN(const Stop stop, run_on(task, place));
  const bool was_there = instead_of_trap && instead_of_trap->was_hit_by(task.pid);
  instead_of_trap.reset();
  get_registers(task.pid, found);
  if (was_there) return {};
  // SIGILL: replaced by ud2 in the recording; SIGSEGV: the processor was told to trap it.
  if (stop.kind == Stop::Kind::signal && (stop.signal == SIGILL || stop.signal == SIGSEGV)) return {};
  const std::string instead = stop.kind == Stop::Kind::signal
                                  ? std::string(signal_name(stop.signal))
                                  : fmt::format("the call {}", call_name(int64_t(found[Register::orig_rax])));
  return diverged(place, fmt::format("expected rdtsc, found {} at rip 0x{:x}; this machine may let programs "
                                     "read the time stamp counter unseen",
                                     instead, found[Register::rip]));
}

Expected<void> ReplaySession::set_state(const ReplayedTask& task, EventNumber event,
                                        std::span<const std::byte> extended_state) {
  if (extended_state.empty() || set_extended_state(task.pid, extended_state)) return {};
  return fail(ErrorKind::unavailable, fmt::format("event {}", event.value),
              "this processor cannot take the recorded vector registers",
              "replay on a machine with the same processor features (XSAVE components)");
}

Expected<void> ReplaySession::apply_writes(FullFrame& frame) {
  for (const WriteWithBytes& write : frame.writes) {
    // What runs there runs for us, outside the replay.
    if (range_of(write.row.address, write.row.size_bytes).intersects(kOwnPages))
      return fail(ErrorKind::bad_data, fmt::format("event {}", frame.frame.event.value),
                  fmt::format("writes to bygone's own pages at 0x{:x}", write.row.address.value),
                  "no recorder makes such a recording: do not trust it");
    const auto it = tasks_.find(write.row.task);
    if (it != tasks_.end() && it->second.space) {
      ReplayedSpace& where = *it->second.space;
      const Mapping* const mapping = where.space.find(write.row.address);
      // To write what is there already would give a private mapping a copy of its own that it did not have.
      const bool may_share = mapping != nullptr && mapping->recorded.inode != 0 && !mapping->is_shared();
      if (may_share && holds(where.memory, write.row.address, write.bytes)) continue;
      if (where.memory.write(write.row.address, write.bytes)) continue;
      if (mapping != nullptr && files_.write_shared(*mapping, write.row.address, write.bytes)) continue;
    }
    return diverged(place_of(frame.frame), fmt::format("memory at 0x{:x} ({} bytes) cannot be written",
                                                       write.row.address.value, write.row.size_bytes));
  }
  return {};
}

Expected<void> ReplaySession::show_output(ReplayedTask& task, FullFrame& frame) {
  if (frame.outputs.empty()) return {};
  // What the program hands to the kernel must be what it handed over then.
  const bool plain_write = frame.frame.call == 1 && frame.registers;
  Address at{plain_write ? frame.registers->argument(1) : 0};
  std::vector<std::byte> found;
  for (const OutputWithBytes& output : frame.outputs) {
    if (plain_write) {
      found.resize(output.bytes.size());
      if (!task.space->memory.read(at, found) || found != output.bytes)
        return diverged(place_of(frame.frame),
                        fmt::format("the {} bytes it writes from 0x{:x} are not the recorded ones",
                                    output.bytes.size(), at.value));
      at = at + output.bytes.size();
    }
    const bool shown =
        options_.output == ReplayOutput::shown && (!options_.from || frame.frame.event > *options_.from);
    if (!shown) continue;
    for (size_t done = 0; done < output.bytes.size();) {
      const ssize_t n = write(output.row.stream, output.bytes.data() + done, output.bytes.size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;  // nobody listens any more; the replay goes on
      done += size_t(n);
    }
  }
  return {};
}

Expected<void> ReplaySession::prove(ReplayedTask& task, const Place& place) {
  if (options_.checking != ReplayChecking::everything || !task.space) return {};
  const auto same = task.space->proof.compare(task.pid, task.space->space, Half::replayed);
  if (!same) return diverged(place, same.error().message());
  ++outcome_.maps_compared;
  return compare_digests(place);
}

LeftOut ReplaySession::left_out(const ReplayedTask& task, const Registers& registers) {
  LeftOut left_out;
  left_out.add_former_stacks(task.space->space);
  left_out.add_stack_pointer(task.space->space, Address{registers[Register::rsp]});
  for (const auto& [tid, other] : tasks_) {
    if (other.space && other.space != task.space && other.at_entry)
      left_out.add_call_elsewhere(note_entry(other.registers, other.space->memory), other.space->memory,
                                  other.space->space, task.space->space);
    if (other.space != task.space) continue;
    if (&other != &task)
      left_out.add_stack_pointer(task.space->space, Address{other.registers[Register::rsp]});
    if (other.at_entry)
      left_out.add_call(note_entry(other.registers, task.space->memory), task.space->memory,
                        task.space->space);
  }
  return left_out;
}

Expected<void> ReplaySession::compare_digests(const Place& place) {
  if (!has_digests_ || options_.checking != ReplayChecking::everything) return {};
  BYGONE_ASSIGN(const auto recorded, recording_.digests_at(place.event));
  // More than one address space is told of where a task waits, at its end, for another one's.
  std::set<AddressSpaceId> left;
  for (const MemoryDigest& digest : recorded) left.insert(digest.address_space);
  for (auto& [tid, task] : tasks_) {
    if (!task.space || left.erase(task.space->space.id()) == 0) continue;
    const auto ours = digest_writable(place.event, task.space->space, task.pid, task.space->memory,
                                      DigestScope::private_and_shared, left_out(task, task.registers));
    for (const MemoryDigest& expected : recorded) {
      if (expected.address_space != task.space->space.id()) continue;
      const auto found = std::find_if(ours.begin(), ours.end(),
                                      [&](const MemoryDigest& d) { return d.start == expected.start; });
      if (found == ours.end() || found->digest != expected.digest || found->end != expected.end)
        return diverged(place, fmt::format("memory 0x{:x}-0x{:x}: expected digest {:016x}, found {:016x}",
                                           expected.start.value, expected.end.value, expected.digest,
                                           found == ours.end() ? 0 : found->digest));
      ++outcome_.digests_compared;
    }
  }
  return {};
}

}  // namespace bygone
