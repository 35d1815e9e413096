#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "schema/error.h"
#include "schema/record.h"
#include "store/recording_reader.h"

namespace bygone {

struct IndexOptions {
  // How long a replay from one snapshot to the next takes, about.
  std::chrono::nanoseconds interval = std::chrono::milliseconds(500);
  std::function<void(EventNumber done)> progress;  // may be empty
};

struct IndexOutcome {
  uint64_t snapshots = 0;  // that were added
  uint64_t new_pages = 0;
};

// Replays a whole recording and adds snapshots on the way. `sink` takes rows of the same recording
// (Store::amend()); it is left open.
Expected<IndexOutcome> index_recording(RecordingReader& recording, RecordSink& sink,
                                       const IndexOptions& options);

struct SnapshotProof {
  uint64_t snapshots = 0;
  uint64_t pages = 0;  // compared
};

// Restores every snapshot, replays to the next, and compares all memory and all registers with it: the first
// from the beginning, the last replays to the end. Fails with divergence where they differ.
Expected<SnapshotProof> prove_snapshots(RecordingReader& recording,
                                        const std::function<void(EventNumber done)>& progress);

}  // namespace bygone
