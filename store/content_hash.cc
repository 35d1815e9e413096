#include "store/content_hash.h"

#include <algorithm>
#include <array>
#include <utility>

#include "store/catalog_schema.h"
#include "store/chunk_store.h"

namespace bygone {

void ContentHash::end_run() {
  static constexpr std::array<std::byte, kChunkBytes> kZeroes{};
  if (zeroes_ >= kLongHoleBytes) {
    holes_.push_back(offset_ - zeroes_);
    holes_.push_back(zeroes_);
    zeroes_ = 0;
  }
  while (zeroes_ > 0) {
    const uint64_t part = std::min<uint64_t>(zeroes_, kZeroes.size());
    bytes_.add(std::span(kZeroes).first(part));
    zeroes_ -= part;
  }
}

void ContentHash::add(std::span<const std::byte> bytes) {
  size_t hashed = 0;  // of these
  for (size_t at = 0; at < bytes.size(); at += kChunkBytes) {
    const auto chunk = bytes.subspan(at, std::min(kChunkBytes, bytes.size() - at));
    if (all_zero(chunk)) {
      bytes_.add(bytes.subspan(hashed, at - hashed));
      hashed = at + chunk.size();
      zeroes_ += chunk.size();
    } else if (zeroes_ > 0) {
      end_run();
    }
    offset_ += chunk.size();
  }
  bytes_.add(bytes.subspan(hashed));
}

void ContentHash::add_zeroes(uint64_t size_bytes) {
  zeroes_ += size_bytes;
  offset_ += size_bytes;
}

Sha256Digest ContentHash::finish() {
  end_run();
  offset_ = 0;
  Sha256Digest digest = bytes_.finish();
  const std::vector<uint64_t> holes = std::exchange(holes_, {});
  if (holes.empty()) return digest;
  bytes_.add(digest);
  bytes_.add(std::as_bytes(std::span(holes)));
  digest = bytes_.finish();
  for (std::byte& byte : digest) byte = ~byte;
  return digest;
}

}  // namespace bygone
