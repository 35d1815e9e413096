#pragma once

#include <cstdint>

namespace bygone {

// Version of the recording format: what a recording is written in, and the oldest reader that can use it.
inline constexpr int64_t kFormatVersion = 3;
inline constexpr int64_t kOldestReader = 2;
// Version 2: large payloads may lie in chunks that recordings share.
inline constexpr int64_t kSharedChunksSince = 2;
// Version 3: snapshots. Readers of version 2 have no use for them and no trouble with them.
inline constexpr int64_t kSnapshotsSince = 3;
// And the paths given to calls, likewise.
inline constexpr int64_t kPathsSince = 3;
// The oldest format this build can read.
inline constexpr int64_t kOldestReadable = 1;

}  // namespace bygone
