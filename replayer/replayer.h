#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "schema/error.h"
#include "schema/ids.h"
#include "store/recording_reader.h"

namespace bygone {

enum class ReplayChecking { registers_only, everything };
enum class ReplayOutput { shown, discarded };
// Of a recording in progress: up to what is committed now, or on as events are committed until it is closed.
enum class ReplayExtent { committed, follow };

struct ReplayOptions {
  ReplayChecking checking = ReplayChecking::registers_only;
  ReplayOutput output = ReplayOutput::shown;  // recorded standard output and error, on ours
  // Begin as things stand after this event, by way of the nearest snapshot; output before it is not shown.
  std::optional<EventNumber> from;
  std::optional<EventNumber> until;  // stop after this event (inclusive)
  ReplayExtent extent = ReplayExtent::committed;
  // Called now and then with the events done so far; may be empty.
  std::function<void(EventNumber done)> progress;
};

struct ReplayOutcome {
  EventNumber last_event;          // the last event replayed
  std::optional<int> wait_status;  // of the first task, if its end was replayed
  uint64_t ptrace_stops = 0;
  uint64_t digests_compared = 0;
  uint64_t maps_compared = 0;
};

// Makes the recorded run happen again. Opens no file the recording mentions. Fails with
// ErrorKind::divergence, naming event, task, call, register, expected and found, as soon as the replay leaves
// the recorded path.
Expected<ReplayOutcome> replay_recording(RecordingReader& recording, const ReplayOptions& options);

}  // namespace bygone
