#pragma once

#include <functional>
#include <memory>

#include "replayer/replayer.h"
#include "schema/machine.h"
#include "store/recording_reader.h"

namespace bygone {

// A machine made by replaying a recording. It keeps the replay where the last question left it. The recording
// is opened, for it alone, when the first question comes.
class ReplayMachine : public Machine {
 public:
  using OpenRecording = std::function<Expected<std::unique_ptr<RecordingReader>>()>;
  explicit ReplayMachine(OpenRecording open);
  ~ReplayMachine() override;

  Expected<void> seek(EventNumber event) override;
  Expected<std::vector<std::byte>> memory(Tid task, Address from, uint64_t size_bytes) override;
  Expected<std::vector<StackLevel>> stack(Tid task) override;
  Expected<uint64_t> digest() override;
  Expected<void> changes(Tid task, Address from, uint64_t size_bytes, EventNumber last,
                         const Change& visit) override;

 private:
  struct Impl;
  Expected<Impl*> opened();

  OpenRecording open_;
  std::unique_ptr<Impl> impl_;  // null until it is open
};

}  // namespace bygone
