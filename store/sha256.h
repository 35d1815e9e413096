#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

struct evp_md_ctx_st;

namespace bygone {

using Sha256Digest = std::array<std::byte, 32>;

// SHA-256 of bytes that come in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(std::span<const std::byte> bytes);
  // Starts over.
  Sha256Digest finish();

 private:
  evp_md_ctx_st* context_;
};

Sha256Digest sha256_of(std::span<const std::byte> bytes);

// Lower case.
std::string hex(std::span<const std::byte> bytes);

}  // namespace bygone
