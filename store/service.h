#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "schema/error.h"

namespace bygone {

struct ServeOptions {
  std::filesystem::path store;
  // How long to stay without a recording; negative: until SIGINT or SIGTERM.
  int64_t idle_ms = 2000;
};

// Serves one store: takes the records of any number of recorders out of their rings, and is the only one that
// writes. Returns when it has been idle long enough, was told to end, or found that another service serves
// this store. The calling process should do nothing else.
Expected<void> serve(const ServeOptions& options);

// One recording in progress, as `bygone status` shows it; of several rings that feed it the sums.
struct LiveRecording {
  std::string name;
  uint64_t events = 0;         // committed
  uint64_t payload_bytes = 0;  // committed, as they came
  uint64_t stored_bytes = 0;   // the same, compressed
  uint64_t commits = 0;
  uint64_t ring_bytes = 0;
  uint64_t ring_fill_bytes = 0;  // not committed yet
  uint64_t full_waits = 0;       // how often its recorder waited for room in the ring
  uint64_t full_wait_ns = 0;
  uint64_t rings = 0;
};
struct ServiceStatus {
  int64_t pid = 0;
  uint64_t memory_bytes = 0;  // resident, rings included
  std::vector<LiveRecording> recordings;
};

// Asks a store's service. Fails with not_found when none is running: then nothing is being recorded.
Expected<ServiceStatus> service_status(const std::filesystem::path& store);

}  // namespace bygone
