#pragma once

#include <memory>

#include "store/recording_reader.h"
#include "tests/support/scratch.h"

namespace bygone::test {

// A recording of 8000 reads and writes of task 101, in turn, in which task 102 makes the calls of events 6780
// to 6789, the last an unlink of /tmp/old that fails with ENOENT. Every tenth event maps a page in address
// space 1 and unmaps the one before. The store goes away with the object.
class LongRecording {
 public:
  static constexpr int kEvents = 8000;
  static constexpr int kRare = 6789;

  LongRecording();

  RecordingReader& reader() { return *reader_; }

 private:
  ScratchFolder directory_;
  std::unique_ptr<RecordingReader> reader_;
};

}  // namespace bygone::test
