#pragma once

#include <cstdint>

namespace bygone {

// Version of the recording format: what a recording is written in, and the oldest reader that can use it.
inline constexpr int64_t kFormatVersion = 1;
inline constexpr int64_t kOldestReader = 1;
// The oldest format this build can read.
inline constexpr int64_t kOldestReadable = 1;

}  // namespace bygone
