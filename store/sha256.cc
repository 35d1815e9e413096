#include "store/sha256.h"

#include <openssl/evp.h>

#include <new>

namespace bygone {

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  if (context_ == nullptr || EVP_DigestInit_ex(context_, EVP_sha256(), nullptr) != 1) throw std::bad_alloc();
}
Sha256::~Sha256() {
  EVP_MD_CTX_free(context_);
}

void Sha256::add(std::span<const std::byte> bytes) {
  EVP_DigestUpdate(context_, bytes.data(), bytes.size());
}

Sha256Digest Sha256::finish() {
  Sha256Digest digest;
  EVP_DigestFinal_ex(context_, reinterpret_cast<unsigned char*>(digest.data()), nullptr);
  EVP_DigestInit_ex(context_, nullptr, nullptr);
  return digest;
}

Sha256Digest sha256_of(std::span<const std::byte> bytes) {
  thread_local Sha256 sha256;
  sha256.add(bytes);
  return sha256.finish();
}

std::string hex(std::span<const std::byte> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::byte byte : bytes) {
    text += kDigits[unsigned(byte) >> 4];
    text += kDigits[unsigned(byte) & 15];
  }
  return text;
}

}  // namespace bygone
