#pragma once

#include <vector>

#include "replayer/content_files.h"
#include "replayer/process.h"
#include "replayer/replayed_task.h"
#include "tracee/remote_calls.h"

namespace bygone {

// A part of a mapping that is to be made: the mapping as its row says, and which of its range.
struct Part {
  const Mapping* mapping;
  MemoryRange range;
};

// What new mappings hold: what their rows say, or for who fills them himself, no more than their files do.
enum class Filling { as_rows_say, files_only };

// The recorded one, but that a device's memory is private.
Protection protection_in_replay(const Mapping& mapping);

// Makes address spaces out of rows, in a stopped process that holds bygone's pages. This is the one way
// mappings come to be in a replay.
class Materialiser {
 public:
  Materialiser(RecordingReader& recording, ContentFiles& files, ProcessMaker& processes)
      : recording_(recording), files_(files), processes_(processes) {}

  // Unmaps everything but bygone's pages.
  Expected<void> clear(pid_t pid, TraceeMemory& memory);
  // Maps the parts, in place of whatever is there, and fills them. Sets the replayed half of each mapping.
  Expected<void> make(pid_t pid, TraceeMemory& memory, const std::vector<Part>& parts,
                      Filling filling = Filling::as_rows_say);
  // How `mapping` looks to the kernel of the replay.
  Expected<KernelMapping> replayed_half(const Mapping& mapping);

  uint64_t ptrace_stops() const { return ptrace_stops_; }
  // Runs system calls in the process; an error names the first that failed, as `what`.
  Expected<void> run(pid_t pid, TraceeMemory& memory, std::vector<RemoteCall>& calls, std::string_view what);

 private:
  // Hands the files to the process; returns its descriptors for them, in order.
  Expected<std::vector<int>> hand_over(pid_t pid, TraceeMemory& memory, const std::vector<int>& fds);

  RecordingReader& recording_;
  ContentFiles& files_;
  ProcessMaker& processes_;
  uint64_t ptrace_stops_ = 0;
};

}  // namespace bygone
