// Bytes as a compressed blob: whatever they claim, no more than the limit is allocated.

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "store/compression.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace bygone;
  static Compressor compressor;
  static Decompressor decompressor;
  constexpr size_t kLimit = 1 << 16;
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto raw = decompressor.decompress(bytes, kLimit);
  if (raw && raw->size() > kLimit) std::abort();
  // The same bytes as content, damaged by one of them.
  const auto compressed = compressor.compress(bytes);
  std::vector<std::byte> copy(compressed.begin(), compressed.end());
  const auto back = decompressor.decompress(copy, kLimit);
  if (!back || !std::equal(back->begin(), back->end(), bytes.begin(), bytes.end())) std::abort();
  if (size > 2) {
    copy[data[0] % copy.size()] ^= std::byte(data[1]);
    static_cast<void>(decompressor.decompress(copy, kLimit));
    copy.resize(data[2] % copy.size());
    static_cast<void>(decompressor.decompress(copy, kLimit));
  }
  return 0;
}
