#include "tracee/landmark.h"

#include <gmock/gmock.h>

namespace bygone {
namespace {

std::vector<std::byte> code(std::initializer_list<int> bytes) {
  std::vector<std::byte> all;
  for (int byte : bytes) all.push_back(std::byte(byte));
  all.resize(15, std::byte{0x90});
  return all;
}

TEST(Landmark, HasRoomInLongInstructionsThatDoNotGoElsewhere) {
  EXPECT_TRUE(can_hold_landmark(code({0x8b, 0x05, 1, 2, 3, 4})));              // mov x(%rip), %eax
  EXPECT_TRUE(can_hold_landmark(code({0x48, 0x83, 0x45, 0xf8, 0x01})));        // addq $1, -8(%rbp)
  EXPECT_TRUE(can_hold_landmark(code({0x3d, 1, 2, 3, 4})));                    // cmp $x, %eax
  EXPECT_TRUE(can_hold_landmark(code({0xf0, 0x0f, 0xb1, 0x15, 1, 2, 3, 4})));  // lock cmpxchg
  EXPECT_FALSE(can_hold_landmark(code({0x48, 0x83, 0xc3, 0x01}))) << "four bytes: add $1, %rbx";
  EXPECT_FALSE(can_hold_landmark(code({0xe8, 1, 2, 3, 4}))) << "call";
  EXPECT_FALSE(can_hold_landmark(code({0xe9, 1, 2, 3, 4}))) << "jmp";
  EXPECT_FALSE(can_hold_landmark(code({0x0f, 0x84, 1, 2, 3, 4}))) << "je";
  EXPECT_FALSE(can_hold_landmark(code({0x0f, 0x05}))) << "syscall";
  EXPECT_FALSE(can_hold_landmark(code({0x66, 0x66, 0x66, 0xf3, 0x48, 0xa5}))) << "rep movs";
  EXPECT_FALSE(can_hold_landmark({}));
}

TEST(Landmark, ChecksAreMadeWhereTheyReach) {
  Registers expected;
  expected[Register::rip] = 0x555555550000;
  const auto instruction = code({0x8b, 0x05, 0x00, 0x10, 0x00, 0x00});
  const LandmarkWord word{Address{0x7ffff000}, 5};
  const auto check = make_landmark_check(instruction, expected, {&word, 1}, Address{0x555565550000});
  ASSERT_TRUE(check);
  EXPECT_EQ(check->jump.size(), 5u);
  EXPECT_LE(check->code.size(), kPageSize);
  EXPECT_LE(check->data.size(), kPageSize);
  EXPECT_GT(check->differs, Address{0x555565550000});
  EXPECT_FALSE(make_landmark_check(instruction, expected, {&word, 1}, Address{0x700000000000}));
}

TEST(Landmark, TellsTheProgramsRegistersFromThoseAtTheTrap) {
  Registers expected;
  expected[Register::rip] = 0x555555550000;
  expected[Register::rax] = 77;
  const auto check = make_landmark_check(code({0x3d, 1, 2, 3, 4}), expected, {}, Address{0x555565550000});
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
