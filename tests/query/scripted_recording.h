#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "schema/rows.h"
#include "store/recording_reader.h"
#include "store/store.h"
#include "tests/support/scratch.h"

namespace bygone::test {

// A recording of the tasks and frames that a test tells; each frame is a millisecond after the one before.
class ScriptedRecording {
 public:
  ScriptedRecording();

  // Its first event is the next frame.
  ScriptedRecording& task(int32_t tid, int32_t tgid, int32_t parent, std::string command = {});
  ScriptedRecording& frame(int32_t task, FrameKind kind, std::optional<int32_t> call = {},
                           std::optional<int64_t> result = {});
  // As recorders say that all there is begins with the last frame.
  ScriptedRecording& begins_here();
  // Ends the recording.
  RecordingReader& reader();

 private:
  template <class Row>
  void append(const Row& row, std::span<const std::byte> payload = {});

  ScratchFolder directory_;
  Store store_;
  std::unique_ptr<RecordSink> sink_;
  std::unique_ptr<RecordingReader> reader_;
  uint64_t events_ = 0;
  uint64_t tasks_ = 0;
};

}  // namespace bygone::test
