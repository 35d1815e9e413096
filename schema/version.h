#pragma once

#include <cstdint>

namespace bygone {

// Version of the recording format: what a recording is written in, and the oldest reader that can use it.
inline constexpr int64_t kFormatVersion = 4;
inline constexpr int64_t kOldestReader = 4;
// Version 2: large payloads may lie in chunks that recordings share.
inline constexpr int64_t kSharedChunksSince = 2;
// Version 3: snapshots. Readers of version 2 have no use for them and no trouble with them.
inline constexpr int64_t kSnapshotsSince = 3;
// And the paths given to calls, likewise.
inline constexpr int64_t kPathsSince = 3;
// Version 4: the stacks of threads are known, and a digest leaves out what is dead in them. A reader that
// does not know of them would compare other bytes.
inline constexpr int64_t kThreadStacksSince = 4;
// The oldest format this build can read.
inline constexpr int64_t kOldestReadable = 1;

}  // namespace bygone
