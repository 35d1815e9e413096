#pragma once

#include <map>
#include <memory>

#include "replayer/content_files.h"
#include "replayer/divergence.h"
#include "replayer/landmark_search.h"
#include "replayer/materialise.h"
#include "replayer/process.h"
#include "replayer/replayed_task.h"
#include "replayer/replayer.h"
#include "store/snapshot_reader.h"
#include "tracee/memory_digest.h"
#include "tracee/ptrace.h"
#include "tracee/snapshot_writer.h"

namespace bygone {

// A replay in progress. Between any two events every process stands stopped in the kernel; step() takes them
// over one.
class ReplaySession {
 public:
  // `recording` and `options` must outlive it. The calling thread is pinned to one processor: the one the
  // program was recorded on, where there is one, for cpuid tells programs its number.
  static Expected<std::unique_ptr<ReplaySession>> create(RecordingReader& recording,
                                                         const ReplayOptions& options);
  ~ReplaySession();

  // Runs to options.until, or the recording's end.
  Expected<ReplayOutcome> run();

  // Begins where the nearest snapshot at or before `event` is, or at the beginning. Once, before run_to().
  Expected<void> begin(EventNumber event);
  // Replays on, up to and with `event`. After each event `visit` is called, if it is given; it may use the
  // session, and ends the run by returning false.
  using Visit = std::function<Expected<bool>()>;
  Expected<void> run_to(EventNumber event, const Visit& visit = {});
  // The last event done.
  EventNumber position() const { return outcome_.last_event; }
  const std::map<Tid, ReplayedTask>& tasks() const { return tasks_; }

  // snapshot.cc
  // Not between the making of a task and its first frame; false then.
  bool can_be_kept() const { return made_.empty(); }
  Expected<Snapshot> keep(SnapshotWriter& writer);
  // Compares everything with a snapshot of this moment.
  Expected<void> compare(const SnapshotState& state);

 private:
  ReplaySession(RecordingReader& recording, const ReplayOptions& options, ProcessMaker processes);

  // snapshot.cc
  Expected<void> restore(const SnapshotState& state);
  Expected<void> restore_files(const SnapshotState& state);
  Expected<void> restore_file(int fd, const PageTable& pages);
  Expected<void> restore_space(const SnapshotState::SpaceState& state,
                               const std::vector<const TaskState*>& tasks);
  Expected<ReplayedTask*> restore_task(const TaskState& state, pid_t pid,
                                       std::shared_ptr<ReplayedSpace> space);
  Expected<void> fill_space(const SnapshotState::SpaceState& state, ReplayedTask& task);
  static std::vector<MemoryRange> parts_with_memory(ReplayedTask& task, const MemoryRange& range);
  Expected<void> compare_space(ReplayedTask& task, const PageTable& pages, const Place& place);
  Expected<void> compare_own_page(const Mapping& mapping, Address at, std::span<const std::byte> page,
                                  const Place& place);

  // replay_frames.cc: one function per kind of frame
  Expected<void> step(FullFrame& frame);
  Expected<void> on_call(ReplayedTask& task, FullFrame& frame);
  Expected<void> on_enter(ReplayedTask& task, FullFrame& frame);
  Expected<void> on_exec(FullFrame& frame);
  Expected<void> on_clone(ReplayedTask& task, FullFrame& frame);
  Expected<void> leave_devices(ReplayedTask& child, const AddressSpace& of_maker);
  Expected<void> on_start(FullFrame& frame);
  Expected<void> on_signal(ReplayedTask& task, FullFrame& frame);
  Expected<void> on_handler(ReplayedTask& task, FullFrame& frame);
  Expected<void> on_instruction(ReplayedTask& task, FullFrame& frame);
  Expected<void> on_altered(ReplayedTask& task, FullFrame& frame);
  Expected<void> on_step(ReplayedTask& task, FullFrame& frame);
  Expected<void> on_exit(ReplayedTask& task, FullFrame& frame);

  // preemption.cc
  Expected<void> on_preempt(ReplayedTask& task, FullFrame& frame);
  // Fills near_miss_ if all but the memory is as it should be.
  bool is_at_landmark(ReplayedTask& task, const Registers& found, const FullFrame& frame);
  Expected<void> run_to_trap(ReplayedTask& task, const Place& place, Registers& found);
  Expected<void> leave_landmark(ReplayedTask& task, const FullFrame& frame);
  Expected<void> search_landmark(ReplayedTask& task, LandmarkSearch& search, const FullFrame& frame);
  Expected<void> search_by_breakpoint(ReplayedTask& task, const FullFrame& frame);

  // replay_session.cc: running
  Expected<void> load_tasks();
  // Makes a process that shares the task's memory, or has a copy of it; it stands in bygone's code page.
  enum class Memory { shared, copied };
  Expected<pid_t> clone_process(ReplayedTask& task, Memory memory, const Place& place);
  // Waits until there are events behind `done`; false if there will be none.
  Expected<bool> wait_for_more(EventNumber done);
  // Of the recording that has grown since `done` was its last event.
  Expected<void> learn_later_changes(EventNumber done);
  Expected<ReplayedTask*> find(const Place& place);
  // Runs the task to the entry of its next system call. `found` are its registers there.
  Expected<void> run_to_call(ReplayedTask& task, const Place& place, Registers& found);
  // Runs the task until an instruction of it raises `signal`.
  Expected<void> run_to_fault(ReplayedTask& task, const Place& place, int signal, Registers& found);
  static tl::unexpected<Error> not_the_fault(const Place& place, int signal, const Stop& stop,
                                             const Registers& found);
  // Runs the task until it reads the time stamp counter, and stops it before.
  // `after`: where the recorded program went on.
  Expected<void> run_to_timestamp(ReplayedTask& task, const Place& place, Address after, Registers& found);
  // Runs one instruction, which is no system call.
  Expected<void> step_over(ReplayedTask& task, const Place& place);
  // Gives the process the registers the task goes on with.
  static void take_registers(ReplayedTask& task);
  Expected<Stop> run_on(ReplayedTask& task, const Place& place);
  void set_going_on_with(ReplayedTask& task, const Registers& registers);
  // XSAVE area; empty for none to be set.
  static Expected<void> set_state(const ReplayedTask& task, EventNumber event,
                                  std::span<const std::byte> extended_state);
  Expected<void> apply_writes(FullFrame& frame);
  Expected<void> show_output(ReplayedTask& task, FullFrame& frame);
  Expected<void> prove(ReplayedTask& task, const Place& place);
  // What a digest of the memory `task` runs in leaves out while it stands there with `registers`.
  LeftOut left_out(const ReplayedTask& task, const Registers& registers);
  Expected<void> compare_digests(const Place& place);

  // forced_fault.cc: faults for a reason that a replay has not: a file system that was full, a page beyond a
  // shared object's end, a protection key (nothing in a replay has one). The page, if the fault is such a
  // one.
  static std::optional<Address> page_to_fault(const ReplayedTask& task, const FullFrame& frame);
  Expected<void> protect_page(ReplayedTask& task, Address page, int protection);
  // Runs the task until it accesses the page with the frame's registers.
  Expected<void> run_to_forced_fault(ReplayedTask& task, const Place& place, const FullFrame& frame,
                                     Address page, Registers& found);

  // replay_calls.cc: calls whose effect is on mappings
  Expected<void> before_mapping_changes(ReplayedTask& task, const FullFrame& frame, MemoryRange& punched);
  Expected<void> move_mapping(ReplayedTask& task, const FullFrame& frame);
  Expected<void> cut_files(const FullFrame& frame);
  // Private mappings of files that a call has made the process's own beforehand: what is stored into the file
  // later is not seen there.
  Expected<void> copy_populated(ReplayedTask& task, const FullFrame& frame);
  // Brings the task's address space from what it was to what its rows say after `event`; `punched` was
  // replaced.
  struct MappingChange {
    std::vector<Mapping> begun;  // by address
    std::vector<Mapping> ended;
  };
  Expected<void> apply_mapping_changes(ReplayedTask& task, EventNumber event, MemoryRange punched);
  Expected<void> apply_changes_elsewhere(const ReplayedTask& task, EventNumber event);
  Expected<MappingChange> change_at(ReplayedSpace& where, EventNumber event);
  void unmap_ended(const MappingChange& change, std::vector<RemoteCall>& calls);
  void carry_on(const ReplayedTask& task, const Mapping& mapping, MemoryRange punched,
                std::vector<RemoteCall>& calls, std::vector<Part>& parts);
  Expected<void> renew_shared_file(const Mapping& mapping);
  void adopt_limits(ReplayedTask& task, const FullFrame& frame);
  std::shared_ptr<ReplayedSpace> make_space(AddressSpaceId id, pid_t pid, EventNumber event);
  Expected<void> adopt_mappings(ReplayedSpace& space, EventNumber event, const ReplayedSpace* parent);
  void leave_space(ReplayedTask& task);

  RecordingReader& recording_;
  SnapshotReader snapshots_{recording_};
  const ReplayOptions& options_;
  ProcessMaker processes_;
  ContentFiles files_;
  Materialiser materialiser_;
  std::map<Tid, ReplayedTask> tasks_;
  std::map<Tid, pid_t> made_;  // by a clone frame, waiting for their start frame
  std::map<Tid, Tid> makers_;  // who made them
  std::map<AddressSpaceId, AddressSpaceRow> space_rows_;
  std::map<std::pair<Tid, EventNumber>, Tid> group_of_;  // (tid, first event) -> tgid
  Tid first_task_;
  std::optional<int32_t> first_status_;  // as the first task's row has it
  uint64_t until_progress_ = 0;          // events since it was told
  bool has_advice_ = false;              // the program has used madvise(2) for what lasts
  bool has_digests_ = false;
  std::string near_miss_;  // how the last state with a landmark's registers differed from it
  ReplayOutcome outcome_;
};

}  // namespace bygone
