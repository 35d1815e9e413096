#pragma once

#include <cstdint>

namespace bygone {

// Version of the recording format: what a recording is written in, and the oldest reader that can use it.
inline constexpr int64_t kFormatVersion = 2;
inline constexpr int64_t kOldestReader = 2;
// Version 2: large payloads may lie in chunks that recordings share.
inline constexpr int64_t kSharedChunksSince = 2;
// The oldest format this build can read.
inline constexpr int64_t kOldestReadable = 1;

}  // namespace bygone
