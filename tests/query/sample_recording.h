#pragma once

#include <filesystem>
#include <memory>

#include "store/recording_reader.h"

namespace bygone::test {

// A recording of 23 events, made through the store as recorders make them; the store goes away with the
// object. sample_recording.cc tells what happens in it.
class SampleRecording {
 public:
  SampleRecording();
  ~SampleRecording();
  SampleRecording(const SampleRecording&) = delete;
  SampleRecording& operator=(const SampleRecording&) = delete;

  RecordingReader& reader() { return *reader_; }

 private:
  std::filesystem::path directory_;
  std::unique_ptr<RecordingReader> reader_;
};

// A recording that has just begun, by an older bygone: no event, no paths of calls.
class EmptyRecording {
 public:
  EmptyRecording();
  ~EmptyRecording();
  EmptyRecording(const EmptyRecording&) = delete;
  EmptyRecording& operator=(const EmptyRecording&) = delete;

  RecordingReader& reader() { return *reader_; }

 private:
  std::filesystem::path directory_;
  std::unique_ptr<RecordingReader> reader_;
};

}  // namespace bygone::test
