#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "store/sha256.h"

namespace bygone {

// Identity of a content: the SHA-256 of its bytes. A file that has runs of zero chunks of kLongHoleBytes or
// more (a sparse one of many gigabytes) is not read through for it: such runs are left out, and the identity
// is the complement of the SHA-256 of the SHA-256 of the rest and of where they lie (offset and length, 64
// bits each, little endian). What it is depends on the bytes alone, not on which of them the file system
// stores.
class ContentHash {
 public:
  static constexpr uint64_t kLongHoleBytes = uint64_t{1} << 30;

  // The next bytes. All parts but the last are multiples of kChunkBytes.
  void add(std::span<const std::byte> bytes);
  void add_zeroes(uint64_t size_bytes);
  // Starts over.
  Sha256Digest finish();

 private:
  void end_run();

  Sha256 bytes_;
  uint64_t offset_ = 0;
  uint64_t zeroes_ = 0;  // that ended at offset_ and are in no hash yet
  std::vector<uint64_t> holes_;
};

}  // namespace bygone
