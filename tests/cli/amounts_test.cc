#include <gmock/gmock.h>

#include "cli/command.h"
#include "cli/keep.h"
#include "cli/moment.h"

namespace bygone::cli {
namespace {

TEST(Moments, AreEventsTimesSharesOrTasks) {
  struct Case {
    const char* text;
    Moment::Kind kind;
    uint64_t number;
  };
  for (const Case& c :
       {Case{"600000", Moment::Kind::event, 600000}, Case{"0x10", Moment::Kind::event, 16},
        Case{"12.5s", Moment::Kind::time, 12'500'000'000}, Case{"300ms", Moment::Kind::time, 300'000'000},
        Case{"2m", Moment::Kind::time, 120'000'000'000}, Case{"40%", Moment::Kind::share, 40'000},
        Case{"100%", Moment::Kind::share, 100'000}, Case{"task:4711", Moment::Kind::task, 4711}}) {
    const auto moment = parse_moment(c.text);
    ASSERT_TRUE(moment) << c.text;
    EXPECT_EQ(moment->kind, c.kind) << c.text;
    EXPECT_EQ(moment->number, c.number) << c.text;
  }
  for (const char* reject :
       {"", "x", "-1", "12q", "101%", "-3s", "task:", "task:x", "1.5", "9223372036854775808"})
    EXPECT_FALSE(parse_moment(reject)) << reject;
}

TEST(Keep, TakesATimeAndASize) {
  const auto both = parse_keep({"10m", "2GiB"});
  ASSERT_TRUE(both);
  EXPECT_EQ(both->time_ns, 600'000'000'000u);
  EXPECT_EQ(both->size_bytes, uint64_t(2) << 30);
  EXPECT_EQ(parse_keep({"3d"})->time_ns, uint64_t(3) * 86'400 * 1'000'000'000);
  EXPECT_EQ(parse_keep({"1.5GiB"})->size_bytes, uint64_t(3) << 29);
  for (const char* reject : {"", "10", "0s", "-1s", "1MiB", "1x", "GiB", "nanm"})
    EXPECT_FALSE(parse_keep({reject})) << reject;
  EXPECT_FALSE(parse_keep({"1m", "2m"}));
  EXPECT_FALSE(parse_keep({"1GiB", "2GiB"}));
}

TEST(TimeOptions, AreSecondsUnlessTheySayOtherwise) {
  const CLI::Validator time = time_between("1ms", "24h");
  for (const auto& [given, ns] : {std::pair{"10", "10000000000"},
                                  {"500ms", "500000000"},
                                  {"0.001", "1000000"},
                                  {"24h", "86400000000000"}}) {
    std::string text = given;
    EXPECT_EQ(time(text), "") << given;
    EXPECT_EQ(text, ns);
  }
  for (const char* reject : {"", "0", "0.9ms", "25h", "-1", "1y"}) {
    std::string text = reject;
    EXPECT_THAT(time(text), testing::HasSubstr("is no time from 1ms to 24h")) << reject;
  }
}

}  // namespace
}  // namespace bygone::cli
