#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "schema/machine.h"
#include "store/recording_reader.h"

namespace bygone::query {

using Bytes = std::vector<std::byte>;

// What lay in memory when a call was made: what the kernel wrote is in the recording, what the program gave
// takes a replay that follows along. Without one, paths and what went to standard output are known.
class CallMemory {
 public:
  // `machine` may be null. An error of its own ends its use, and is told once to `on_unreadable`.
  CallMemory(RecordingReader& recording, Machine* machine, std::function<void(const Error&)> on_unreadable);

  // Speaks of this event from now on; events ascend. `full` must outlive the questions.
  void at(const FullFrame& full) { full_ = &full; }

  // What the kernel wrote at the event, if it wrote all of it.
  std::optional<Bytes> written(uint64_t address, uint64_t size_bytes) const;
  // What is there, or as much of it as is mapped.
  std::optional<Bytes> bytes(uint64_t address, uint64_t size_bytes);
  // Up to the first zero byte.
  std::optional<std::string> text(uint64_t address);
  // The path of this argument, as it was given where that is known, else as an absolute one.
  std::optional<std::string> path(size_t argument, uint64_t address);
  std::optional<uint64_t> word(uint64_t address);

 private:
  RecordingReader& recording_;
  Machine* machine_;
  std::function<void(const Error&)> on_unreadable_;
  const FullFrame* full_ = nullptr;
  EventNumber sought_;
};

}  // namespace bygone::query
