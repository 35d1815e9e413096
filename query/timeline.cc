#include "query/timeline.h"

#include <algorithm>
#include <utility>

#include "query/names.h"
#include "query/select.h"
#include "schema/enum_names.h"

namespace bygone::query {
namespace {

bool returns(FrameKind kind) {
  return kind == FrameKind::syscall || kind == FrameKind::exec;
}

// Whether the frame belongs to the call that an earlier one has begun.
bool continues(const Frame& open, const Frame& frame) {
  if (open.call != frame.call) return false;
  return returns(frame.kind) || (open.kind == FrameKind::enter && frame.kind == FrameKind::clone);
}

// Processes that ran already are attached to before what counts as the first event.
Expected<EventNumber> first_frame(RecordingReader& recording) {
  const auto first = int64_t(recording.first_event().value);
  BYGONE_ASSIGN(const int64_t lowest,
                select_number(recording.connection(), "SELECT min(event) FROM main.frame", first));
  return EventNumber{uint64_t(std::clamp<int64_t>(lowest, 1, first))};
}

}  // namespace

bool is_call(FrameKind kind) {
  return returns(kind) || kind == FrameKind::enter || kind == FrameKind::clone;
}

std::string Slice::name(const CallNames& names) const {
  if (is_call(frame.kind) && frame.call) return names.name(*frame.call);
  const bool is_signal = frame.kind == FrameKind::signal || frame.kind == FrameKind::handler;
  return is_signal && frame.call ? signal_text(*frame.call) : std::string(enum_name(frame.kind));
}

std::string Slice::error() const {
  const int64_t result = frame.result.value_or(0);
  return is_call(frame.kind) && is_error_result(result) ? errno_text(-result) : std::string();
}

std::vector<Slice> Timeline::add(Frame frame) {
  std::vector<Slice> ended;
  now_ns_ = frame.time_ns;
  const Tid heir = std::exchange(frame.task, caller(frame));
  Lane& lane = lanes_.try_emplace(frame.task, Lane{now_ns_, {}}).first->second;
  const uint64_t previous_ns = std::min(std::exchange(lane.last_ns, now_ns_), now_ns_);
  if (lane.open && continues(lane.open->frame, frame)) {
    lane.open->frame = frame;
  } else if (is_call(frame.kind)) {
    close(lane, previous_ns, ended);  // a call that never came back
    lane.open = Slice{frame, previous_ns, now_ns_};
  }
  if (frame.kind == FrameKind::start) close(lane, previous_ns, ended);  // of a task that had the id before
  if (returns(frame.kind) || frame.kind == FrameKind::exit) close(lane, now_ns_, ended);
  if (!is_call(frame.kind)) ended.push_back({frame, now_ns_, now_ns_});
  if (frame.kind == FrameKind::exit || heir != frame.task) lanes_.erase(frame.task);
  if (heir != frame.task) lanes_[heir].last_ns = now_ns_;
  return ended;
}

std::vector<Slice> Timeline::finish() {
  std::vector<Slice> ended;
  for (auto& [tid, lane] : lanes_) close(lane, now_ns_, ended);
  return ended;
}

// A thread that execs goes on under the id of its leader, as a new task; the call was the thread's.
Tid Timeline::caller(const Frame& frame) const {
  if (frame.kind != FrameKind::exec) return frame.task;
  const Task* const task = tasks_.living(frame.task, frame.event);
  const bool is_new = task != nullptr && task->first_event == frame.event;
  return is_new && tasks_.is_heir(*task) ? task->parent : frame.task;
}

void Timeline::close(Lane& lane, uint64_t at_ns, std::vector<Slice>& ended) {
  if (!lane.open) return;
  lane.open->ended_ns = std::max(at_ns, lane.open->began_ns);
  ended.push_back(*std::exchange(lane.open, std::nullopt));
}

Expected<void> for_each_slice(RecordingReader& recording, const TaskTable& tasks,
                              const std::function<Expected<void>(const Slice&)>& use) {
  if (recording.last_event().value == 0) return {};
  Timeline timeline(tasks);
  const auto use_all = [&](const std::vector<Slice>& slices) -> Expected<void> {
    for (const Slice& slice : slices) BYGONE_TRY(use(slice));
    return {};
  };
  BYGONE_ASSIGN(const EventNumber first, first_frame(recording));
  BYGONE_TRY(
      recording.for_each_full_frame(first, recording.last_event(), [&](FullFrame& full) -> Expected<bool> {
        BYGONE_TRY(use_all(timeline.add(full.frame)));
        return true;
      }));
  return use_all(timeline.finish());
}

}  // namespace bygone::query
