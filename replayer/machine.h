#pragma once

#include <memory>

#include "replayer/replayer.h"
#include "schema/machine.h"
#include "store/recording_reader.h"

namespace bygone {

// A machine made by replaying a recording. It keeps the replay where the last question left it. Owns the
// reader, which nobody else may use.
class ReplayMachine : public Machine {
 public:
  explicit ReplayMachine(std::unique_ptr<RecordingReader> recording);
  ~ReplayMachine() override;

  Expected<void> seek(EventNumber event) override;
  Expected<std::vector<std::byte>> memory(Tid task, Address from, uint64_t size_bytes) override;
  Expected<std::vector<StackLevel>> stack(Tid task) override;
  Expected<uint64_t> digest() override;
  Expected<void> changes(Tid task, Address from, uint64_t size_bytes, EventNumber last,
                         const Change& visit) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bygone
