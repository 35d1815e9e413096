#pragma once

#include <cstdint>
#include <string_view>

namespace bygone {

// How much of a recording is kept while it goes on: the window reaches back to a snapshot, and no further
// than needed. 0: no bound. They travel as entries of the header.
struct KeepBounds {
  uint64_t time_ns = 0;
  uint64_t size_bytes = 0;
  bool any() const { return time_ns != 0 || size_bytes != 0; }
};
inline constexpr std::string_view kKeepTimeKey = "keep_ns";
inline constexpr std::string_view kKeepSizeKey = "keep_bytes";
// The smallest window there could be at some time, where that was larger than the bound: a snapshot and what
// came after it. An entry of the header too.
inline constexpr std::string_view kLeastWindowKey = "least_window_bytes";

}  // namespace bygone
