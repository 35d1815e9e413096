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
#include "tracee/memory_digest.h"
#include "tracee/ptrace.h"

namespace bygone {

// A replay in progress. Between any two events every process stands stopped in the kernel; step() takes them
// over one.
class ReplaySession {
 public:
  ReplaySession(RecordingReader& recording, const ReplayOptions& options, ProcessMaker processes);
  ~ReplaySession();

  Expected<ReplayOutcome> run();

 private:
  // replay_frames.cc: one function per kind of frame
  Expected<void> step(FullFrame& frame);
  Expected<void> on_call(ReplayedTask& task, FullFrame& frame);
  Expected<void> on_enter(ReplayedTask& task, FullFrame& frame);
  Expected<void> on_exec(FullFrame& frame);
  Expected<void> on_clone(ReplayedTask& task, FullFrame& frame);
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
  Expected<void> search_landmark(ReplayedTask& task, LandmarkSearch& search, const FullFrame& frame);
  Expected<void> search_by_breakpoint(ReplayedTask& task, const FullFrame& frame);

  // replay_session.cc: running
  Expected<void> load_tasks();
  // Waits until there are events behind `done`; false if there will be none.
  Expected<bool> wait_for_more(EventNumber done);
  Expected<ReplayedTask*> find(const Place& place);
  // Runs the task to the entry of its next system call. `found` are its registers there.
  Expected<void> run_to_call(ReplayedTask& task, const Place& place, Registers& found);
  // Runs the task until an instruction of it raises `signal`.
  Expected<void> run_to_fault(ReplayedTask& task, const Place& place, int signal, Registers& found);
  // Runs the task until it reads the time stamp counter, and stops it before.
  Expected<void> run_to_timestamp(ReplayedTask& task, const Place& place, Registers& found);
  // Runs one instruction, which is no system call.
  Expected<void> step_over(ReplayedTask& task, const Place& place);
  // Gives the process the registers the task goes on with.
  static void take_registers(ReplayedTask& task);
  Expected<Stop> run_on(ReplayedTask& task, const Place& place);
  void set_going_on_with(ReplayedTask& task, const Registers& registers);
  Expected<void> set_state(ReplayedTask& task, FullFrame& frame);
  Expected<void> apply_writes(FullFrame& frame);
  Expected<void> show_output(ReplayedTask& task, FullFrame& frame);
  Expected<void> prove(ReplayedTask& task, const Place& place);
  // What a digest of the memory `task` runs in leaves out while it stands there with `registers`.
  LeftOut left_out(const ReplayedTask& task, const Registers& registers);
  Expected<void> compare_digests(const Place& place);

  // replay_calls.cc: calls whose effect is on mappings
  Expected<void> before_mapping_changes(ReplayedTask& task, const FullFrame& frame, MemoryRange& punched);
  Expected<void> move_mapping(ReplayedTask& task, const FullFrame& frame);
  // Brings the task's address space from what it was to what its rows say after `event`; `punched` was
  // replaced.
  struct MappingChange {
    std::vector<Mapping> begun;  // by address
    std::vector<Mapping> ended;
  };
  Expected<void> apply_mapping_changes(ReplayedTask& task, EventNumber event, MemoryRange punched);
  Expected<void> apply_changes_elsewhere(const ReplayedTask& task, EventNumber event);
  Expected<MappingChange> change_at(const ReplayedSpace& where, EventNumber event);
  void unmap_ended(const MappingChange& change, std::vector<RemoteCall>& calls);
  void carry_on(const ReplayedTask& task, const Mapping& mapping, MemoryRange punched,
                std::vector<RemoteCall>& calls, std::vector<Part>& parts);
  void renew_shared_file(const Mapping& mapping);
  void adopt_limits(ReplayedTask& task, const FullFrame& frame);
  std::shared_ptr<ReplayedSpace> make_space(AddressSpaceId id, pid_t pid, EventNumber event);
  Expected<void> adopt_mappings(ReplayedSpace& space, EventNumber event, const ReplayedSpace* parent);
  void leave_space(ReplayedTask& task);

  RecordingReader& recording_;
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
  bool has_digests_ = false;
  std::string near_miss_;  // how the last state with a landmark's registers differed from it
  ReplayOutcome outcome_;
};

}  // namespace bygone
