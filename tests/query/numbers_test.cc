#include "query/numbers.h"

#include <gtest/gtest.h>

#include "query/names.h"

namespace bygone::query {
namespace {

TEST(Numbers, CountsInTheFormsPeopleType) {
  EXPECT_EQ(parse_count("120"), 120u);
  EXPECT_EQ(parse_count("1_000"), 1000u);
  EXPECT_EQ(parse_count("0x78"), 120u);
  EXPECT_EQ(parse_count("18446744073709551615"), UINT64_MAX);
  for (const char* reject : {"", "_", "0x", "12a", "-1", "1.5", " 1", "18446744073709551616"})
    EXPECT_FALSE(parse_count(reject)) << reject;
}

TEST(Numbers, AddressesWithAndWithoutPrefix) {
  EXPECT_EQ(parse_address("0x7f12a000"), 0x7f12a000u);
  EXPECT_EQ(parse_address("7f12a000"), 0x7f12a000u);
  EXPECT_EQ(parse_address("ffffffffff600000"), 0xffffffffff600000u);
  for (const char* reject : {"", "0x", "7g", "1ffffffffffffffff"})
    EXPECT_FALSE(parse_address(reject)) << reject;
}

TEST(Numbers, IntegersHaveSignsAndUnits) {
  EXPECT_EQ(parse_integer("-2"), -2);
  EXPECT_EQ(parse_integer("4K"), 4096);
  EXPECT_EQ(parse_integer("-1M"), -(1 << 20));
  EXPECT_EQ(parse_integer("0xffffffffff600000"), int64_t(0xffffffffff600000));
  EXPECT_EQ(parse_integer("9223372036854775807"), INT64_MAX);
  for (const char* reject :
       {"", "-", "K", "9223372036854775808", "9007199254740992K", "--1", "-0xffffffffffffffff"})
    EXPECT_FALSE(parse_integer(reject)) << reject;
}

TEST(Numbers, DurationsHaveUnitsAndMeanSecondsWithout) {
  EXPECT_EQ(parse_duration("1.5s"), 1'500'000'000u);
  EXPECT_EQ(parse_duration("20ms"), 20'000'000u);
  EXPECT_EQ(parse_duration("3us"), 3'000u);
  EXPECT_EQ(parse_duration("7ns"), 7u);
  EXPECT_EQ(parse_duration("2m"), 120'000'000'000u);
  EXPECT_EQ(parse_duration("0.25"), 250'000'000u);
  for (const char* reject :
       {"", "s", "1e9", "-1s", "nan", "inf", "1parsec", "99999999999999999999s", "1.5.1"})
    EXPECT_FALSE(parse_duration(reject)) << reject;
}

TEST(Names, SignalsAreNamedAsTheKernelCounts) {
  EXPECT_EQ(signal_text(11), "SIGSEGV");
  EXPECT_EQ(signal_text(32), "SIGRT0");
  EXPECT_EQ(signal_text(64), "SIGRT32");
  EXPECT_EQ(signal_text(0), "signal 0");
  EXPECT_EQ(signal_text(-5), "signal -5");
  EXPECT_EQ(signal_number("SIGUSR1"), 10);
  EXPECT_EQ(signal_number("usr1"), 10);
  EXPECT_FALSE(signal_number("SIGNONE"));
}

TEST(Names, EveryErrorNameLeadsBackToItsNumber) {
  int named = 0;
  for (int number = 1; number < 134; ++number) {
    const std::string name = errno_text(number);
    if (name.empty()) continue;
    ++named;
    EXPECT_EQ(errno_number(name), number) << name;
  }
  EXPECT_GT(named, 120);
}

TEST(Names, StatusesReadAsSentences) {
  EXPECT_EQ(status_text(0), "exited 0");
  EXPECT_EQ(status_text(67 << 8), "exited 67");
  EXPECT_EQ(status_text(9), "killed by SIGKILL");
  EXPECT_EQ(status_text(0x80 | 11), "killed by SIGSEGV, core dumped");
}

TEST(Names, SizesAndTimesForPeople) {
  EXPECT_EQ(size_text(999), "999 B");
  EXPECT_EQ(size_text(1'400'000), "1.4 MB");
  EXPECT_EQ(time_text(1'600'000'000'000'000'000), "2020-09-13T12:26:40Z");
  EXPECT_EQ(time_text(0), "");
}

}  // namespace
}  // namespace bygone::query
