#include "recorder/seccomp_filters.h"

#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>

namespace bygone {
namespace {

using Program = std::vector<sock_filter>;
using Answer = SeccompFilters::Answer;

constexpr uint32_t kNumber = offsetof(seccomp_data, nr), kArch = offsetof(seccomp_data, arch);

constexpr uint32_t argument(uint32_t i, bool upper_half = false) {
  return uint32_t(offsetof(seccomp_data, args)) + i * 8 + (upper_half ? 4 : 0);
}

Registers call(uint64_t number, uint64_t first = 0, uint64_t second = 0) {
  Registers registers;
  registers[Register::orig_rax] = number;
  registers[Register::rdi] = first;
  registers[Register::rsi] = second;
  return registers;
}

// `listed` for the call, `others` for all others.
Program one_call(uint32_t number, uint32_t listed, uint32_t others) {
  return {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kNumber), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
          BPF_STMT(BPF_RET | BPF_K, listed), BPF_STMT(BPF_RET | BPF_K, others)};
}

// As the program would install them: by a call whose program lies in our memory.
SeccompFilters::Shared with(Program program, const SeccompFilters::Shared& older = nullptr) {
  TraceeMemory memory(getpid());
  const sock_fprog header{static_cast<unsigned short>(program.size()), program.data()};
  Registers install = call(SYS_seccomp, SECCOMP_SET_MODE_FILTER);
  install[Register::rdx] = reinterpret_cast<uint64_t>(&header);
  return SeccompFilters::after(install, memory, older);
}

TEST(SeccompFilterTest, ComputesAsTheKernelDoes) {
  const auto returned = [](Program program, const Registers& registers = call(1)) {
    return run_seccomp_filter(program, registers);
  };
  const sock_filter give_a = BPF_STMT(BPF_RET | BPF_A, 0);
  EXPECT_EQ(returned({BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kArch), give_a}), uint32_t{AUDIT_ARCH_X86_64});
  EXPECT_EQ(returned({BPF_STMT(BPF_LD | BPF_W | BPF_ABS, argument(1, true)), give_a},
                     call(1, 0, 0x1234567800000000)),
            0x12345678u);
  EXPECT_EQ(returned({BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0), give_a}), sizeof(seccomp_data));
  const std::pair<uint16_t, uint32_t> operations[] = {
      {BPF_ADD, 103},    {BPF_SUB, 97}, {BPF_MUL, 300}, {BPF_DIV, 33},  {BPF_MOD, 1},
      {BPF_OR, 100 | 3}, {BPF_AND, 0},  {BPF_XOR, 103}, {BPF_LSH, 800}, {BPF_RSH, 12}};
  for (const auto& [operation, result] : operations) {
    EXPECT_EQ(returned({BPF_STMT(BPF_LD | BPF_IMM, 100), BPF_STMT(uint16_t(BPF_ALU | BPF_K | operation), 3),
                        give_a}),
              result);
    EXPECT_EQ(returned({BPF_STMT(BPF_LDX | BPF_IMM, 3), BPF_STMT(BPF_LD | BPF_IMM, 100),
                        BPF_STMT(uint16_t(BPF_ALU | BPF_X | operation), 0), give_a}),
              result)
        << "with x";
  }
  EXPECT_EQ(returned({BPF_STMT(BPF_LD | BPF_IMM, 5), BPF_STMT(BPF_ST, 7), BPF_STMT(BPF_LDX | BPF_MEM, 7),
                      BPF_STMT(BPF_LD | BPF_IMM, 0), BPF_STMT(BPF_MISC | BPF_TXA, 0), give_a}),
            5u);
  EXPECT_EQ(
      returned({BPF_STMT(BPF_JMP | BPF_JA, 1), BPF_STMT(BPF_RET | BPF_K, 1), BPF_STMT(BPF_RET | BPF_K, 2)}),
      2u);
  EXPECT_EQ(returned({BPF_STMT(BPF_LD | BPF_IMM, 100), BPF_STMT(BPF_ALU | BPF_X | BPF_DIV, 0), give_a}), 0u)
      << "a division by zero ends it";
}

TEST(SeccompFilterTest, SaysNothingOfProgramsNoKernelAccepts) {
  EXPECT_FALSE(run_seccomp_filter({}, call(1))) << "it runs off its end";
  EXPECT_FALSE(run_seccomp_filter({BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64)}, call(1)));
  EXPECT_FALSE(run_seccomp_filter({BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2)}, call(1)));
  EXPECT_FALSE(run_seccomp_filter({BPF_STMT(BPF_ST, 16)}, call(1)));
  EXPECT_FALSE(
      run_seccomp_filter({BPF_STMT(BPF_LD | BPF_H | BPF_IND, 0), BPF_STMT(BPF_JMP | BPF_JA, 9)}, call(1)));
}

TEST(SeccompFiltersTest, TheStrictestOfThemAnswers) {
  const auto allow = with(one_call(SYS_getpid, SECCOMP_RET_ALLOW, SECCOMP_RET_LOG));
  EXPECT_EQ(allow->answer(call(SYS_getpid)), Answer::is_made);
  EXPECT_EQ(allow->answer(call(SYS_gettid)), Answer::is_made);
  const auto ask = with(one_call(SYS_getpid, SECCOMP_RET_USER_NOTIF, SECCOMP_RET_ALLOW), allow);
  EXPECT_EQ(ask->answer(call(SYS_getpid)), Answer::is_asked);
  EXPECT_EQ(ask->answer(call(SYS_gettid)), Answer::is_made);
  EXPECT_TRUE(ask->may_ask());
  EXPECT_FALSE(allow->may_ask());
  for (const uint32_t denial :
       {SECCOMP_RET_ERRNO, SECCOMP_RET_TRAP, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_KILL_PROCESS}) {
    const auto deny = with(one_call(SYS_getpid, denial, SECCOMP_RET_ALLOW), ask);
    EXPECT_EQ(deny->answer(call(SYS_getpid)), Answer::is_kept_out) << denial;
    EXPECT_EQ(deny->answer(call(SYS_gettid)), Answer::is_made);
  }
  TraceeMemory memory(getpid());
  const auto strict = SeccompFilters::after(call(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_STRICT), memory, {});
  EXPECT_EQ(strict->answer(call(SYS_write)), Answer::is_made);
  EXPECT_EQ(strict->answer(call(SYS_getpid)), Answer::is_kept_out);
}

TEST(SeccompFiltersTest, AHarmlessCallIsOneTheyAllow) {
  const auto only_write = with(one_call(SYS_write, SECCOMP_RET_ALLOW, SECCOMP_RET_KILL_PROCESS));
  const auto harmless = only_write->harmless(call(SYS_ptrace, 1, 2));
  ASSERT_TRUE(harmless);
  EXPECT_EQ((*harmless)[Register::orig_rax], uint64_t{SYS_write});
  EXPECT_EQ(int(harmless->argument(0)), -1) << "writes nothing";
  // Only to standard error.
  const auto only_errors = with(
      {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, argument(0)), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 2, 0, 1),
       BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)},
      only_write);
  const auto to_errors = only_errors->harmless(call(SYS_ptrace));
  ASSERT_TRUE(to_errors);
  EXPECT_EQ(to_errors->argument(0), 2u);
  const ssize_t written = syscall(SYS_write, 2, to_errors->argument(1), to_errors->argument(2));
  EXPECT_EQ(written, -1) << "no byte reaches it";
  const auto none = with(one_call(SYS_exit, SECCOMP_RET_ALLOW, SECCOMP_RET_KILL_PROCESS));
  EXPECT_FALSE(none->harmless(call(SYS_ptrace)));
}

TEST(SeccompFiltersTest, ThoseThatCannotBeReadAreUnknown) {
  TraceeMemory memory(getpid());
  Registers install = call(SYS_seccomp, SECCOMP_SET_MODE_FILTER);
  install[Register::rdx] = 8;
  const auto filters = SeccompFilters::after(install, memory, nullptr);
  EXPECT_EQ(filters->answer(call(SYS_getpid)), Answer::unknown);
  EXPECT_TRUE(filters->may_ask());
  EXPECT_EQ((*filters->harmless(call(SYS_ptrace)))[Register::orig_rax], uint64_t{SYS_getpid});
  const auto kills = with(one_call(SYS_write, SECCOMP_RET_ALLOW, SECCOMP_RET_KILL_PROCESS), filters);
  EXPECT_EQ(kills->answer(call(SYS_getpid)), Answer::is_kept_out);
  EXPECT_EQ(kills->answer(call(SYS_write)), Answer::unknown);
  EXPECT_EQ((*kills->harmless(call(SYS_ptrace)))[Register::orig_rax], uint64_t{SYS_write});
}

}  // namespace
}  // namespace bygone
