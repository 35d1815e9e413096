#include "store/compression.h"

#include <fmt/core.h>
#include <zstd.h>

#include <new>

namespace bygone {

Compressor::Compressor(int level) : context_(ZSTD_createCCtx()), level_(level) {
  if (context_ == nullptr) throw std::bad_alloc();
}
Compressor::~Compressor() {
  ZSTD_freeCCtx(context_);
}

std::span<const std::byte> Compressor::compress(std::span<const std::byte> bytes) {
  buffer_.resize(ZSTD_compressBound(bytes.size()));
  const size_t size =
      ZSTD_compressCCtx(context_, buffer_.data(), buffer_.size(), bytes.data(), bytes.size(), level_);
  // Into a buffer of the bound's size this fails for want of memory only.
  if (ZSTD_isError(size) != 0) throw std::bad_alloc();
  return std::span(buffer_).first(size);
}

std::vector<std::byte> compressed(std::span<const std::byte> bytes) {
  thread_local Compressor compressor;
  const auto result = compressor.compress(bytes);
  return {result.begin(), result.end()};
}

Decompressor::Decompressor() : context_(ZSTD_createDCtx()) {
  if (context_ == nullptr) throw std::bad_alloc();
}
Decompressor::~Decompressor() {
  ZSTD_freeDCtx(context_);
}

Expected<std::vector<std::byte>> Decompressor::decompress(std::span<const std::byte> compressed,
                                                          size_t limit_bytes) {
  auto damaged = [](std::string cause) {
    return fail(ErrorKind::bad_data, "compressed bytes", std::move(cause),
                "`bygone verify` says which; record again if there is no copy");
  };
  const unsigned long long size = ZSTD_getFrameContentSize(compressed.data(), compressed.size());
  if (size == ZSTD_CONTENTSIZE_ERROR) return damaged("are no zstd frame");
  if (size == ZSTD_CONTENTSIZE_UNKNOWN) return damaged("do not say their size");
  if (size > limit_bytes)
    return damaged(fmt::format("claim {} bytes where {} are the most", size, limit_bytes));
  if (ZSTD_findFrameCompressedSize(compressed.data(), compressed.size()) != compressed.size())
    return damaged("are cut short or followed by others");
  std::vector<std::byte> bytes(size);
  const size_t got =
      ZSTD_decompressDCtx(context_, bytes.data(), bytes.size(), compressed.data(), compressed.size());
  if (ZSTD_isError(got) != 0) return damaged(fmt::format("do not decompress ({})", ZSTD_getErrorName(got)));
  if (got != size) return damaged("are shorter than they say");
  return bytes;
}

}  // namespace bygone
