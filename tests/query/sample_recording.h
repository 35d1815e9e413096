#pragma once

#include <memory>

#include "store/recording_reader.h"
#include "tests/support/scratch.h"

namespace bygone::test {

// A recording of 23 events, made through the store as recorders make them; the store goes away with the
// object. sample_recording.cc tells what happens in it.
class SampleRecording {
 public:
  SampleRecording();

  RecordingReader& reader() { return *reader_; }

 private:
  ScratchFolder directory_;
  std::unique_ptr<RecordingReader> reader_;
};

// A recording that has just begun, by an older bygone: no event, no paths of calls.
class EmptyRecording {
 public:
  EmptyRecording();

  RecordingReader& reader() { return *reader_; }

 private:
  ScratchFolder directory_;
  std::unique_ptr<RecordingReader> reader_;
};

}  // namespace bygone::test
