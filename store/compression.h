#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "schema/error.h"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace bygone {

// zstd with a context that is reused. One frame per call, with its content size. Not thread-safe.
class Compressor {
 public:
  explicit Compressor(int level = 1);
  ~Compressor();
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;

  // The result is valid until the next call.
  std::span<const std::byte> compress(std::span<const std::byte> bytes);

 private:
  ZSTD_CCtx_s* context_;
  int level_;
  std::vector<std::byte> buffer_;
};

// At level 1, on any thread.
std::vector<std::byte> compressed(std::span<const std::byte> bytes);

class Decompressor {
 public:
  Decompressor();
  ~Decompressor();
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;

  // Rejects anything but one whole frame that says its size, at most `limit_bytes`; nothing is allocated
  // before.
  Expected<std::vector<std::byte>> decompress(std::span<const std::byte> compressed, size_t limit_bytes);

 private:
  ZSTD_DCtx_s* context_;
};

}  // namespace bygone
