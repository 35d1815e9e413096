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

}  // namespace bygone
