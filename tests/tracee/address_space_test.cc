#include "tracee/address_space.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tracee/proc_maps.h"

namespace bygone {
namespace {

constexpr uint64_t kBase = 0x7f0000000000;

// Addresses in pages from kBase, so that expectations can be read.
Address page(uint64_t number) {
  return Address{kBase + number * kPageSize};
}
MemoryRange pages(uint64_t first, uint64_t end) {
  return {page(first), page(end)};
}

Mapping anonymous(uint64_t first, uint64_t end, std::string_view prot = "rw-p") {
  Mapping mapping;
  mapping.recorded.range = pages(first, end);
  mapping.recorded.prot = *Protection::parse(prot);
  mapping.recorded.flags = MAP_PRIVATE | MAP_ANONYMOUS;
  return mapping;
}

Mapping of_file(uint64_t first, uint64_t end, uint64_t offset_pages) {
  Mapping mapping = anonymous(first, end, "r--p");
  mapping.recorded.flags = MAP_PRIVATE;
  mapping.recorded.inode = 7;
  mapping.recorded.path = "/lib/some.so";
  mapping.recorded.offset_bytes = offset_pages * kPageSize;
  mapping.kind = MappingKind::file;
  mapping.data.source = DataSource::content;
  mapping.data.content = ContentId{3};
  mapping.data.offset_bytes = offset_pages * kPageSize;
  return mapping;
}

// "0-4 rw-p kept, 6-8 r--p", by address.
std::string text(const AddressSpace& space) {
  std::string result;
  for (const auto& [start, mapping] : space.mappings()) {
    if (!result.empty()) result += ", ";
    result += fmt::format("{}-{} {}{}", (start.value - kBase) / kPageSize,
                          (mapping.range().end.value - kBase) / kPageSize, mapping.recorded.prot.text(),
                          mapping.data.kept ? " kept" : "");
  }
  return result;
}

class AddressSpaceTest : public ::testing::Test {
 protected:
  MappingId next_id_{1};
  AddressSpace space_{AddressSpaceId{1}, next_id_};
  EventNumber now_{10};
};

TEST_F(AddressSpaceTest, NeighboursThatDifferInNothingBecomeOneRow) {
  space_.insert(now_, anonymous(0, 2));
  space_.insert(now_, anonymous(2, 4));
  EXPECT_EQ(text(space_), "0-4 rw-p");
  const auto changes = space_.take_changes();
  EXPECT_TRUE(changes.ended.empty()) << "rows nobody has seen need no end";
  ASSERT_EQ(changes.begun.size(), 1u);
  EXPECT_EQ(changes.begun[0].first_event, now_);
}

TEST_F(AddressSpaceTest, GrowthKeepsWhatWasThere) {
  space_.insert(now_, anonymous(0, 2));
  const MappingId first = space_.take_changes().begun.at(0).id;
  space_.insert(EventNumber{11}, anonymous(2, 3));
  EXPECT_EQ(text(space_), "0-3 rw-p kept");
  const auto changes = space_.take_changes();
  EXPECT_EQ(changes.ended, std::vector{first});
}

TEST_F(AddressSpaceTest, FilesMergeOnlyWhereTheirOffsetsContinue) {
  space_.insert(now_, of_file(0, 2, 0));
  space_.insert(now_, of_file(2, 3, 2));
  space_.insert(now_, of_file(3, 4, 9));
  EXPECT_EQ(text(space_), "0-3 r--p, 3-4 r--p");
}

TEST_F(AddressSpaceTest, AHoleSplitsAndMovesTheOffsetAlong) {
  space_.insert(now_, of_file(0, 6, 10));
  space_.remove(now_, pages(2, 4));
  EXPECT_EQ(text(space_), "0-2 r--p kept, 4-6 r--p kept");
  const Mapping* const upper = space_.find(page(5));
  ASSERT_NE(upper, nullptr);
  EXPECT_EQ(upper->recorded.offset_bytes, 14 * kPageSize);
  EXPECT_EQ(upper->data.offset_bytes, 14 * kPageSize);
  EXPECT_EQ(space_.find(page(3)), nullptr);
  EXPECT_EQ(space_.total_pages(), 4u);
}

TEST_F(AddressSpaceTest, ProtectionOfThePartInTheMiddle) {
  space_.insert(now_, anonymous(0, 6));
  space_.protect(now_, pages(2, 4), *Protection::parse("r--p"));
  EXPECT_EQ(text(space_), "0-2 rw-p kept, 2-4 r--p kept, 4-6 rw-p kept");
  space_.protect(now_, pages(2, 4), *Protection::parse("rw-p"));
  EXPECT_EQ(text(space_), "0-6 rw-p kept");
}

TEST_F(AddressSpaceTest, ProtectionLeavesSharingAlone) {
  space_.insert(now_, anonymous(0, 2, "rw-s"));
  space_.protect(now_, pages(0, 2), *Protection::parse("r--p"));
  EXPECT_EQ(text(space_), "0-2 r--s kept");
}

TEST_F(AddressSpaceTest, WhatIsMappedOverIsReplaced) {
  space_.insert(now_, anonymous(0, 6));
  space_.insert(now_, of_file(2, 4, 0));
  EXPECT_EQ(text(space_), "0-2 rw-p kept, 2-4 r--p, 4-6 rw-p kept");
}

TEST_F(AddressSpaceTest, AMoveRemembersWhereItCameFrom) {
  space_.insert(now_, anonymous(0, 4));
  space_.take_changes();
  space_.move(EventNumber{11}, pages(0, 4), page(100), 6 * kPageSize, AddressSpace::Source::removed);
  EXPECT_EQ(text(space_), "100-106 rw-p kept");
  EXPECT_EQ(space_.find(page(100))->data.moved_from, page(0));
}

TEST_F(AddressSpaceTest, MremapShrinksAndGrowsInPlace) {
  space_.insert(now_, anonymous(0, 4));
  space_.move(now_, pages(0, 4), page(0), 2 * kPageSize, AddressSpace::Source::removed);
  EXPECT_EQ(text(space_), "0-2 rw-p kept");
  space_.move(now_, pages(0, 2), page(0), 5 * kPageSize, AddressSpace::Source::removed);
  EXPECT_EQ(text(space_), "0-5 rw-p kept");
  EXPECT_EQ(space_.find(page(0))->data.moved_from, Address{});
}

TEST_F(AddressSpaceTest, AStackGrowsDown) {
  Mapping stack = anonymous(10, 12);
  stack.kind = MappingKind::stack;
  space_.insert(now_, stack);
  space_.take_changes();
  space_.grow_down(EventNumber{11}, page(10), page(7));
  EXPECT_EQ(text(space_), "7-12 rw-p kept");
  EXPECT_EQ(space_.total_pages(), 5u);
  const auto changes = space_.take_changes();
  EXPECT_EQ(changes.begun.size(), 1u);
  EXPECT_EQ(changes.ended.size(), 1u);
}

TEST_F(AddressSpaceTest, AForkHasRowsOfItsOwn) {
  space_.insert(now_, anonymous(0, 2));
  space_.take_changes();
  AddressSpace child = space_.fork(EventNumber{11}, AddressSpaceId{2});
  EXPECT_EQ(text(child), "0-2 rw-p kept");
  EXPECT_TRUE(space_.take_changes().empty());
  const auto changes = child.take_changes();
  ASSERT_EQ(changes.begun.size(), 1u);
  EXPECT_EQ(changes.begun[0].address_space, AddressSpaceId{2});
  EXPECT_NE(changes.begun[0].id, space_.mappings().begin()->second.id);
}

class ThreadStackTest : public AddressSpaceTest {
 protected:
  // A guard page, and a stack above it with other memory on top.
  ThreadStackTest() {
    space_.insert(now_, anonymous(10, 11, "---p"));
    space_.insert(now_, anonymous(11, 20));
    space_.take_changes();
  }
  MappingKind kind_at(uint64_t number) const { return space_.find(page(number))->kind; }
  const Address top_ = page(19) + 64;
};

TEST_F(ThreadStackTest, IsKnownFromTheCallToTheThreadsEnd) {
  space_.begin_thread_stack(EventNumber{11}, page(10), top_);
  EXPECT_EQ(kind_at(12), MappingKind::thread_stack);
  EXPECT_EQ(kind_at(10), MappingKind::anonymous);
  EXPECT_EQ(space_.find(page(12))->stack_top, top_);
  EXPECT_EQ(space_.take_changes().begun.size(), 1u);
  space_.begin_thread_stack(EventNumber{12}, page(10), top_);
  EXPECT_TRUE(space_.take_changes().empty());
  space_.end_stack(EventNumber{13}, page(10));
  EXPECT_EQ(kind_at(10), MappingKind::anonymous);
  space_.end_stack(EventNumber{13}, page(18));
  EXPECT_EQ(kind_at(12), MappingKind::former_stack);
  EXPECT_EQ(space_.find(page(12))->stack_top, page(18) - kRedZoneBytes);
  space_.begin_thread_stack(EventNumber{14}, page(10), top_);
  EXPECT_EQ(kind_at(12), MappingKind::thread_stack);
}

TEST_F(ThreadStackTest, WithoutASizeItMustLieAboveAGuard) {
  space_.begin_thread_stack(EventNumber{11}, Address{}, top_);
  EXPECT_EQ(kind_at(12), MappingKind::thread_stack);
  space_.insert(EventNumber{12}, anonymous(30, 40));
  space_.begin_thread_stack(EventNumber{13}, Address{}, page(39));
  EXPECT_EQ(kind_at(31), MappingKind::anonymous);
}

TEST_F(ThreadStackTest, IsNotWhatHoldsOtherMemoryToo) {
  space_.begin_thread_stack(EventNumber{11}, page(12), top_);
  EXPECT_EQ(kind_at(12), MappingKind::anonymous);
  Mapping heap = anonymous(30, 40);
  heap.kind = MappingKind::heap;
  space_.insert(EventNumber{12}, heap);
  space_.begin_thread_stack(EventNumber{13}, page(30), page(39));
  EXPECT_EQ(kind_at(31), MappingKind::heap);
  space_.begin_thread_stack(EventNumber{14}, page(90), page(99));
  space_.begin_thread_stack(EventNumber{14}, Address{}, Address{});
}

TEST_F(ThreadStackTest, MovedItIsMemoryLikeAnyOther) {
  space_.begin_thread_stack(EventNumber{11}, page(10), top_);
  space_.move(EventNumber{12}, pages(11, 20), page(100), 9 * kPageSize, AddressSpace::Source::removed);
  EXPECT_EQ(kind_at(100), MappingKind::anonymous);
  EXPECT_EQ(space_.find(page(100))->stack_top, Address{});
}

TEST_F(AddressSpaceTest, RowsThatOverlapAreRejected) {
  ASSERT_TRUE(space_.adopt(anonymous(0, 4)));
  EXPECT_FALSE(space_.adopt(anonymous(3, 5)));
  EXPECT_FALSE(space_.adopt(anonymous(1, 2)));
  EXPECT_FALSE(space_.adopt(anonymous(6, 6)));
  EXPECT_TRUE(space_.adopt(anonymous(4, 5)));
}

TEST_F(AddressSpaceTest, ValidationFollowsTheKernelModuloMerging) {
  space_.insert(now_, anonymous(0, 4));
  const auto kernel = [&](std::initializer_list<Mapping> lines) {
    std::vector<KernelMapping> result;
    for (const Mapping& line : lines) result.push_back(line.recorded);
    return result;
  };
  EXPECT_TRUE(space_.validate(kernel({anonymous(0, 2), anonymous(2, 4)}), Half::recorded));
  EXPECT_FALSE(space_.validate(kernel({anonymous(0, 2)}), Half::recorded));
  EXPECT_FALSE(space_.validate(kernel({anonymous(0, 4, "r--p")}), Half::recorded));
  EXPECT_FALSE(space_.validate(kernel({anonymous(0, 4), anonymous(5, 6)}), Half::recorded));
  EXPECT_FALSE(space_.validate(kernel({}), Half::recorded));
}

TEST(MapsLine, IsReadAsTheKernelWritesIt) {
  const auto line = parse_maps_line(
      "7f0000000000-7f0000002000 r-xp 00001000 fd:01 42                         /a b (deleted)");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->range, (MemoryRange{Address{0x7f0000000000}, Address{0x7f0000002000}}));
  EXPECT_EQ(line->prot.text(), "r-xp");
  EXPECT_EQ(line->offset_bytes, 0x1000u);
  EXPECT_EQ(line->device.text(), "fd:01");
  EXPECT_EQ(line->inode, 42u);
  EXPECT_EQ(line->path, "/a b (deleted)");
}

TEST(MapsLine, RejectsWhatIsNone) {
  for (const char* text : {"", "x", "10-20", "20-10 rw-p 0 00:00 0", "10-20 rw-z 0 00:00 0",
                           "10-20 rw-p 0 0000 0", "10-20 rw-p 0 00:00", "10-20 rw-p 0 00:00 x"})
    EXPECT_FALSE(parse_maps_line(text)) << text;
}

TEST(MapsLine, OneMappingAskedForAloneIsTheOneInTheList) {
  void* const memory = mmap(nullptr, 3 * kPageSize, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  ASSERT_EQ(mprotect(static_cast<char*>(memory) + kPageSize, kPageSize, PROT_NONE), 0);
  const Address middle{reinterpret_cast<uint64_t>(memory) + kPageSize};
  const auto found = find_mapping(getpid(), middle + 8);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->range, range_of(middle, kPageSize));
  EXPECT_EQ(found->prot.text(), "---p");
  munmap(memory, 3 * kPageSize);
  EXPECT_FALSE(find_mapping(getpid(), middle));
}

TEST(MappedPages, AreTheSumOfTheList) {
  const auto sum = [] {
    uint64_t pages = 0;
    const auto maps = read_maps(getpid());
    for (const KernelMapping& mapping : *maps)
      if (mapping.path != "[vsyscall]") pages += mapping.range.size_bytes() / kPageSize;
    return pages;
  };
  // Reading the list may itself take memory.
  int fd = -1;
  const uint64_t before = sum();
  const int64_t pages = mapped_pages(getpid(), fd);
  const uint64_t after = sum();
  close(fd);
  EXPECT_GE(uint64_t(pages), before);
  EXPECT_LE(uint64_t(pages), after);
}

}  // namespace
}  // namespace bygone
