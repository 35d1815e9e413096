#pragma once

#include <vector>

#include "replayer/materialise.h"
#include "replayer/replayed_task.h"
#include "tracee/landmark.h"

namespace bygone {

// A landmark's check in the code of a replayed process. It takes two pages near the place, which the program
// cannot notice: it makes no call while it computes.
class LandmarkSearch {
 public:
  // Nothing where the instruction there cannot make room for a check.
  static Expected<std::optional<LandmarkSearch>> plant(Materialiser& materialiser, ReplayedTask& task,
                                                       const Registers& expected,
                                                       std::span<const std::byte> extended_state,
                                                       const std::vector<LandmarkWord>& words);

  // The program's registers, if the task, stopped by SIGTRAP, has passed the check.
  std::optional<Registers> arrived(const ReplayedTask& task);
  // The state is another one after all: the task goes on from where it passed the check.
  Registers going_on(const Registers& at_trap) const;
  // Takes the jump out of the program's memory, and puts it back.
  void hide(ReplayedTask& task) { task.space->memory.write(place_, original_); }
  void show(ReplayedTask& task) { task.space->memory.write(place_, check_.jump); }
  // Takes check and pages away. The process's registers are to be set anew.
  Expected<void> lift(ReplayedTask& task);

 private:
  LandmarkSearch(Materialiser& materialiser, LandmarkCheck check, Address place, Address page,
                 std::vector<std::byte> original)
      : materialiser_(materialiser),
        check_(std::move(check)),
        place_(place),
        page_(page),
        original_(std::move(original)) {}

  Materialiser& materialiser_;
  LandmarkCheck check_;
  Address place_;
  Address page_;
  std::vector<std::byte> original_;
};

}  // namespace bygone
