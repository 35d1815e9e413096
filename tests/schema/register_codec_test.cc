#include "schema/register_codec.h"

#include <gtest/gtest.h>

#include <random>

namespace bygone {
namespace {

std::vector<ChunkEntry> some_entries(size_t count) {
  std::mt19937_64 random(count);
  std::vector<ChunkEntry> entries(count);
  for (ChunkEntry& entry : entries) {
    entry.task = Tid{int32_t(random() % 3) - 1};
    if (random() % 5 == 0) continue;
    entry.registers.emplace();
    for (uint64_t& value : entry.registers->values) value = random() >> (random() % 64);
  }
  return entries;
}

TEST(RegisterChunk, ComesBackAsItWas) {
  for (const size_t count : {0u, 1u, 2u, 1024u}) {
    const auto entries = some_entries(count);
    const auto decoded = decode_registers(encode_registers(entries), 1024);
    ASSERT_TRUE(decoded) << decoded.error().message();
    ASSERT_EQ(decoded->size(), count);
    for (size_t i = 0; i < count; ++i) {
      EXPECT_EQ((*decoded)[i].task, entries[i].task);
      EXPECT_EQ((*decoded)[i].registers, entries[i].registers);
    }
  }
}

TEST(RegisterChunk, IsRejectedWhenCutShortAnywhereOrFollowedByMore) {
  auto bytes = encode_registers(some_entries(5));
  for (size_t size = 0; size < bytes.size(); ++size) {
    const std::vector<std::byte> cut(bytes.begin(), bytes.begin() + ptrdiff_t(size));
    EXPECT_FALSE(decode_registers(cut, 1024)) << size;
  }
  bytes.push_back(std::byte{0});
  EXPECT_FALSE(decode_registers(bytes, 1024));
}

TEST(RegisterChunk, IsRejectedWhenItClaimsMoreFramesThanAllowed) {
  EXPECT_FALSE(decode_registers(encode_registers(some_entries(5)), 4));
  const std::vector<std::byte> huge = {std::byte{0xff}, std::byte{0xff}, std::byte{0xff}, std::byte{0x7f}};
  EXPECT_FALSE(decode_registers(huge, size_t{1} << 40));
}

}  // namespace
}  // namespace bygone
