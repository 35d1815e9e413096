#include "scripted_recording.h"

#include <utility>

#include "schema/codec.h"
#include "schema/registers.h"
#include "tests/support/need.h"

namespace bygone::test {
ScriptedRecording::ScriptedRecording()
    : store_(need(Store::open(directory_.path()))),
      sink_(need(store_.create("scripted", "scripted", {{"command", "[\"scripted\"]"}})).sink) {}

template <class Row>
void ScriptedRecording::append(const Row& row, std::span<const std::byte> payload) {
  need(append_row(*sink_, row, payload));
}

ScriptedRecording& ScriptedRecording::task(int32_t tid, int32_t tgid, int32_t parent, std::string command) {
  append(Task{TaskId{++tasks_}, Tid{tid}, Tid{tgid}, Tid{parent}, EventNumber{events_ + 1}, kNoEvent,
              std::move(command), std::nullopt});
  return *this;
}

ScriptedRecording& ScriptedRecording::frame(int32_t task, FrameKind kind, std::optional<int32_t> call,
                                            std::optional<int64_t> result) {
  ++events_;
  const Registers registers;
  append(Frame{EventNumber{events_}, Tid{task}, kind, call, result, events_ * 1'000'000},
         std::as_bytes(std::span(registers.values)));
  return *this;
}

ScriptedRecording& ScriptedRecording::begins_here() {
  append(HeaderEntry{std::string(kFirstEventKey), std::to_string(events_)});
  return *this;
}

RecordingReader& ScriptedRecording::reader() {
  if (sink_) need(sink_->commit());
  sink_.reset();
  reader_ = need(store_.read("scripted"));
  return *reader_;
}

}  // namespace bygone::test
