#include "tracee/landmark.h"

#include <gmock/gmock.h>

#include <cstring>

namespace bygone {
namespace {

std::vector<std::byte> code(std::initializer_list<int> bytes) {
  std::vector<std::byte> all;
  for (int byte : bytes) all.push_back(std::byte(byte));
  all.resize(15, std::byte{0x90});
  return all;
}

bool has_room(const std::vector<std::byte>& code) {
  return landmark_room(code, 0) != 0;
}

TEST(Landmark, HasRoomInSeveralShortInstructionsNobodyJumpsInto) {
  // add $1, %rbx; mov %rax, %rcx; jne -9, onto the first
  EXPECT_EQ(landmark_room(code({0x48, 0x83, 0xc3, 0x01, 0x48, 0x89, 0xc1, 0x75, 0xf7}), 0), 7u);
  // The jump leads onto the second instruction.
  EXPECT_EQ(landmark_room(code({0x48, 0x83, 0xc3, 0x01, 0x48, 0x89, 0xc1, 0x75, 0xfb}), 0), 0u);
  // add $1, %rbx; jmp: its target is where it was.
  EXPECT_EQ(landmark_room(code({0x48, 0x83, 0xc3, 0x01, 0xeb, 0xfa}), 0), 6u);
  EXPECT_EQ(landmark_room(code({0x48, 0xff, 0xc3, 0xeb, 0xfb}), 0), 5u);
  EXPECT_EQ(landmark_room(code({0x48, 0xff, 0xc3, 0xc3, 0x90, 0x90}), 0), 0u) << "ret";
  EXPECT_EQ(landmark_room(code({0xff, 0xc3, 0xeb, 0xfc, 0x90}), 0), 0u)
      << "what follows the jmp is elsewhere's";
}

TEST(Landmark, MovesJumpsWithTheirTargets) {
  Registers expected;
  expected[Register::rip] = 0x555555550000;
  std::vector<std::byte> group = code({0x48, 0x83, 0xc3, 0x01, 0x75, 0xfa});
  group.resize(6);
  const auto check = make_landmark_check(group, expected, {}, {}, Address{0x555555560000});
  ASSERT_TRUE(check);
  // ... add $1, %rbx; jne place; jmp place + 6
  const std::span<const std::byte> tail = std::span(check->code).last(15);
  EXPECT_EQ(tail[4], std::byte{0x0f});
  EXPECT_EQ(tail[5], std::byte{0x85});
  int32_t distance = 0;
  std::memcpy(&distance, &tail[6], sizeof distance);
  const Address end = Address{0x555555560000} + check->code.size() - 5;
  EXPECT_EQ(end + uint64_t(int64_t{distance}), Address{0x555555550000});
}

TEST(Landmark, HasRoomInLongInstructionsThatDoNotGoElsewhere) {
  EXPECT_TRUE(has_room(code({0x8b, 0x05, 1, 2, 3, 4})));              // mov x(%rip), %eax
  EXPECT_TRUE(has_room(code({0x48, 0x83, 0x45, 0xf8, 0x01})));        // addq $1, -8(%rbp)
  EXPECT_TRUE(has_room(code({0x3d, 1, 2, 3, 4})));                    // cmp $x, %eax
  EXPECT_TRUE(has_room(code({0xf0, 0x0f, 0xb1, 0x15, 1, 2, 3, 4})));  // lock cmpxchg
  EXPECT_FALSE(has_room(code({0xe8, 1, 2, 3, 4}))) << "call";
  EXPECT_FALSE(has_room(code({0xe9, 1, 2, 3, 4}))) << "jmp";
  EXPECT_FALSE(has_room(code({0x0f, 0x84, 1, 2, 3, 4}))) << "je";
  EXPECT_FALSE(has_room(code({0x0f, 0x05}))) << "syscall";
  EXPECT_FALSE(has_room(code({0x66, 0x66, 0x66, 0xf3, 0x48, 0xa5}))) << "rep movs";
  EXPECT_FALSE(has_room({}));
}

TEST(Landmark, ChecksAreMadeWhereTheyReach) {
  Registers expected;
  expected[Register::rip] = 0x555555550000;
  const auto instruction = code({0x8b, 0x05, 0x00, 0x10, 0x00, 0x00});
  const LandmarkWord word{Address{0x7ffff000}, 5};
  const auto check =
      make_landmark_check(std::span(instruction).first(6), expected, {}, {&word, 1}, Address{0x555565550000});
  ASSERT_TRUE(check);
  EXPECT_EQ(check->jump.size(), 5u);
  EXPECT_LE(check->code.size(), kPageSize);
  EXPECT_LE(check->data.size(), kPageSize);
  EXPECT_GT(check->differs, Address{0x555565550000});
  EXPECT_FALSE(make_landmark_check(std::span(instruction).first(6), expected, {}, {&word, 1},
                                   Address{0x700000000000}));
}

TEST(Landmark, TellsTheProgramsRegistersFromThoseAtTheTrap) {
  Registers expected;
  expected[Register::rip] = 0x555555550000;
  expected[Register::rax] = 77;
  const auto instruction = code({0x3d, 1, 2, 3, 4});
  const auto check =
      make_landmark_check(std::span(instruction).first(5), expected, {}, {}, Address{0x555565550000});
  ASSERT_TRUE(check);
  std::vector<std::byte> data = check->data;
  data[0] = std::byte{77};                            // rax
  data[8] = std::byte{1}, data[9] = std::byte{0x43};  // OF; ZF and CF
  Registers at_trap = expected;
  at_trap[Register::rax] = 0;
  at_trap[Register::eflags] = 0x202;
  const auto found = LandmarkCheck::program_registers(at_trap, Address{0x555555550000}, data);
  ASSERT_TRUE(found);
  EXPECT_EQ((*found)[Register::rax], 77u);
  EXPECT_EQ((*found)[Register::eflags], 0x202u | 0x800u | 0x41u);
  EXPECT_FALSE(LandmarkCheck::program_registers(at_trap, Address{0}, {}));
}

}  // namespace
}  // namespace bygone
