#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "query/call_names.h"
#include "query/task_table.h"
#include "store/recording_reader.h"

namespace bygone::query {

// Whether frames of this kind are told of system calls.
bool is_call(FrameKind kind);

// What a trace shows of a task: a call, from the task's previous event to its return, or what happened at
// once.
struct Slice {
  // The last of its frames; a call has several if it slept or made a task. Its task is the one that called.
  Frame frame;
  uint64_t began_ns = 0;
  uint64_t ended_ns = 0;

  // Of a call the call's, of a signal its own, else what kind of event it was; as the recording has the
  // bytes.
  std::string name(const CallNames& names) const;
  // Why the call failed: "ENOENT"; empty if it did not.
  std::string error() const;
};

// Makes slices of frames, one for each call.
class Timeline {
 public:
  explicit Timeline(const TaskTable& tasks) : tasks_(tasks) {}

  // The slices that end with this frame, which is the next one.
  std::vector<Slice> add(Frame frame);
  // Calls that have not returned when the recording ends.
  std::vector<Slice> finish();

 private:
  struct Lane {
    uint64_t last_ns = 0;
    std::optional<Slice> open;
  };

  Tid caller(const Frame& frame) const;
  static void close(Lane& lane, uint64_t at_ns, std::vector<Slice>& ended);

  const TaskTable& tasks_;
  std::map<Tid, Lane> lanes_;  // of tasks that live
  uint64_t now_ns_ = 0;
};

// All of a recording, in the order in which slices end.
Expected<void> for_each_slice(RecordingReader& recording, const TaskTable& tasks,
                              const std::function<Expected<void>(const Slice&)>& use);

}  // namespace bygone::query
