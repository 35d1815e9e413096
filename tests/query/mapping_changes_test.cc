#include <gtest/gtest.h>

#include "query/mapping_rows.h"

namespace bygone::query {
namespace {

Mapping area(uint64_t start, uint64_t end, std::string_view prot = "rw-p", uint64_t inode = 0,
             uint64_t offset = 0) {
  Mapping mapping;
  mapping.recorded.range = {Address{start}, Address{end}};
  mapping.recorded.prot = *Protection::parse(prot);
  mapping.recorded.inode = inode;
  mapping.recorded.offset_bytes = offset;
  return mapping;
}

std::string text(const std::vector<MappingChange>& list) {
  std::string result;
  for (const MappingChange& change : list) {
    const char sign = change.kind == MappingChange::Kind::came   ? '+'
                      : change.kind == MappingChange::Kind::went ? '-'
                                                                 : '~';
    result += fmt::format("{}{:x}-{:x} ", sign, change.mapping.range().start.value,
                          change.mapping.range().end.value);
  }
  return result;
}

TEST(MergedMappings, NeighboursThatTheKernelShowsAsOne) {
  const auto one = merged({area(0x1000, 0x2000), area(0x2000, 0x3000), area(0x4000, 0x5000)});
  ASSERT_EQ(one.size(), 2u);
  EXPECT_EQ(one[0].range().end.value, 0x3000u);
  EXPECT_EQ(merged({area(0x1000, 0x2000), area(0x2000, 0x3000, "r--p")}).size(), 2u);
  EXPECT_EQ(merged({area(0x1000, 0x2000, "r--p", 5, 0), area(0x2000, 0x3000, "r--p", 5, 0x1000)}).size(), 1u);
  EXPECT_EQ(merged({area(0x1000, 0x2000, "r--p", 5, 0), area(0x2000, 0x3000, "r--p", 5, 0x2000)}).size(), 2u);
}

TEST(MappingChanges, OfNothingAreNone) {
  EXPECT_EQ(text(changes({}, {})), "");
  const std::vector<Mapping> same = {area(0x1000, 0x2000), area(0x3000, 0x4000, "r-xp", 7, 0x5000)};
  EXPECT_EQ(text(changes(same, same)), "");
}

TEST(MappingChanges, PartsThatComeAndGo) {
  EXPECT_EQ(text(changes(std::vector{area(0x1000, 0x4000)},
                         std::vector{area(0x1000, 0x2000), area(0x3000, 0x4000)})),
            "-2000-3000 ");
  EXPECT_EQ(text(changes(std::vector{area(0x1000, 0x2000)}, std::vector{area(0x1000, 0x3000)})),
            "+2000-3000 ");
}

TEST(MappingChanges, ProtectionOfAPart) {
  const std::vector<Mapping> before = {area(0x1000, 0x4000, "r--p", 5)};
  const std::vector<Mapping> after = {area(0x1000, 0x2000, "r--p", 5),
                                      area(0x2000, 0x4000, "r-xp", 5, 0x1000)};
  const auto list = changes(before, after);
  EXPECT_EQ(text(list), "~2000-4000 ");
  EXPECT_EQ(list.at(0).earlier_protection.text(), "r--p");
  EXPECT_EQ(list.at(0).mapping.recorded.prot.text(), "r-xp");
}

// Another file in the same place: both are told whole, however the old and new areas are cut.
TEST(MappingChanges, OneFileTakesAnothersPlace) {
  const std::vector<Mapping> before = {area(0x1000, 0x3000, "r--p", 5)};
  const std::vector<Mapping> after = {area(0x1000, 0x2000, "r--p", 6),
                                      area(0x2000, 0x3000, "r--p", 6, 0x1000)};
  EXPECT_EQ(text(changes(before, after)), "-1000-3000 +1000-3000 ");
}

TEST(MappingChanges, TheTopHalfOfTheAddressSpaceComesLast) {
  const std::vector<Mapping> after = {area(0x1000, 0x2000), area(0xffffffffff600000, 0xffffffffff601000)};
  EXPECT_EQ(text(changes({}, after)), "+1000-2000 +ffffffffff600000-ffffffffff601000 ");
}

}  // namespace
}  // namespace bygone::query
