#include "tracee/syscall_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <regex>
#include <set>
#include <string>

namespace bygone {
namespace {

TEST(SyscallTable, HasARowWithTheRightNameForEveryNumberOfTheKernelHeaders) {
  std::ifstream header(BYGONE_UNISTD_HEADER);
  const std::regex definition("#define __NR_([a-z0-9_]+) ([0-9]+)");
  std::smatch match;
  int found = 0;
  for (std::string line; std::getline(header, line);) {
    if (!std::regex_match(line, match, definition)) continue;
    ++found;
    EXPECT_EQ(call_name(std::stoi(match[2])), match[1].str()) << "number " << match[2];
  }
  EXPECT_GT(found, 350) << BYGONE_UNISTD_HEADER;
}

TEST(SyscallTable, IsInOrderWithoutRepetition) {
  std::set<std::string_view> names;
  int previous = -1;
  for (const CallRow& row : all_calls()) {
    EXPECT_GT(row.number, previous) << row.name;
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_EQ(find_call(row.number), &row);
    EXPECT_EQ(find_call_by_name(row.name), &row);
    previous = row.number;
  }
}

TEST(SyscallTable, HoldsOptionsInOrderWithoutRepetition) {
  int tables = 0;
  for (const CallRow& row : all_calls()) {
    if (row.options == nullptr) continue;
    ++tables;
    const OptionRow* previous = nullptr;
    for (const OptionRow& option : row.options->rows) {
      if (previous != nullptr) {
        EXPECT_LT(previous->option, option.option) << row.name << ' ' << option.name;
      }
      EXPECT_EQ(find_option(*row.options, option.option), &option) << row.name << ' ' << option.name;
      previous = &option;
    }
  }
  EXPECT_GE(tables, 20);
}

TEST(SyscallTable, SaysThatACallMayBlockIfOneOfItsOptionsMay) {
  for (const CallRow& row : all_calls()) {
    if (row.options == nullptr) continue;
    for (const OptionRow& option : row.options->rows)
      EXPECT_TRUE(row.may_block || !option.may_block) << row.name << ' ' << option.name;
  }
}

TEST(SyscallTable, NamesAnArgumentInEveryRow) {
  const auto check = [](std::string_view name, const WrittenList& list) {
    for (const Written& w : list) {
      EXPECT_LT(w.argument, 6) << name;
      const bool needs_count = w.rule == SizeRule::argument || w.rule == SizeRule::pages ||
                               w.rule == SizeRule::bits || w.rule == SizeRule::field_u32 ||
                               w.rule == SizeRule::field_u64 || w.rule == SizeRule::in_out_u32 ||
                               w.rule == SizeRule::iovec_result;
      EXPECT_TRUE(!needs_count || w.count_argument < 6) << name;
      EXPECT_TRUE(w.rule != SizeRule::fixed || w.base > 0) << name;
    }
  };
  for (const CallRow& row : all_calls()) {
    check(row.name, row.written);
    if (row.options == nullptr) continue;
    for (const OptionRow& option : row.options->rows) check(option.name, option.written);
  }
}

TEST(SyscallTable, RefusesWithAnErrorAndOnlyThen) {
  for (const CallRow& row : all_calls())
    EXPECT_EQ(row.call_class == CallClass::refused, row.refusal_errno != 0) << row.name;
  for (const char* name : {"rseq", "io_uring_setup", "memfd_secret"})
    EXPECT_EQ(find_call_by_name(name)->refusal_errno, ENOSYS) << name;
}

TEST(SyscallTable, KnowsNoCallBeyondItsEnds) {
  for (const int64_t number : {int64_t{-1}, int64_t{340}, int64_t{511}, int64_t{512}, INT64_MAX, INT64_MIN})
    EXPECT_EQ(find_call(number), nullptr) << number;
  EXPECT_EQ(find_call_by_name("no such call"), nullptr);
  EXPECT_EQ(call_name(999), "call 999");
  EXPECT_EQ(call_name(-1), "call -1");
}

TEST(SyscallNames, OfErrors) {
  EXPECT_EQ(errno_name(ENOENT), "ENOENT");
  EXPECT_EQ(errno_name(EAGAIN), "EAGAIN");
  EXPECT_EQ(errno_name(133), "EHWPOISON");
  EXPECT_EQ(errno_name(512), "ERESTARTSYS");
  EXPECT_EQ(errno_name(516), "ERESTART_RESTARTBLOCK");
  for (const int nonsense : {0, -1, 134, 517, 100000}) EXPECT_EQ(errno_name(nonsense), "") << nonsense;
}

TEST(SyscallNames, OfSignals) {
  EXPECT_EQ(signal_name(SIGSEGV), "SIGSEGV");
  EXPECT_EQ(signal_name(SIGHUP), "SIGHUP");
  EXPECT_EQ(signal_name(SIGKILL), "SIGKILL");
  EXPECT_EQ(signal_name(SIGCHLD), "SIGCHLD");
  EXPECT_EQ(signal_name(SIGSYS), "SIGSYS");
  EXPECT_EQ(signal_name(34), "SIGRT34");
  EXPECT_EQ(signal_name(64), "SIGRT64");
  for (const int nonsense : {0, -1, 65}) EXPECT_EQ(signal_name(nonsense), "") << nonsense;
}

}  // namespace
}  // namespace bygone
