#pragma once

#include <vector>

#include "replayer/replayed_task.h"
#include "schema/machine.h"
#include "store/recording_reader.h"

namespace bygone {

// Finds call stacks from the unwind tables, symbols and debug information in the stored files (libdw). The
// files are laid out in memory when they are first needed.
class Unwinder {
 public:
  explicit Unwinder(RecordingReader& recording);
  ~Unwinder();

  // The stack of a task that stands still. Where tables or memory give out it ends; the innermost level is
  // always there.
  Expected<std::vector<StackLevel>> stack(const ReplayedTask& task);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bygone
