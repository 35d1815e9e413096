#pragma once

#include <cstddef>
#include <cstdint>

namespace bygone {

// All payloads of a recording form one byte stream, cut into blobs of at most kBlobBytes, each compressed on
// its own and numbered from 1. A payload starts at an offset into one blob and runs on into the following
// ones. Where `blob` is negative
// the payload is shared: it starts in chunk -blob of the table shared_chunk and runs on in the following
// chunks, whose bytes the catalog holds.
struct BlobPosition {
  int64_t blob = 0;
  int64_t offset_bytes = 0;
  int64_t size_bytes = 0;

  bool operator==(const BlobPosition&) const = default;
};

inline constexpr size_t kBlobBytes = 256 << 10;
// What a reader accepts, so that a later writer may cut differently.
inline constexpr size_t kLargestBlobBytes = 4 << 20;

}  // namespace bygone
