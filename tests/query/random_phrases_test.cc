#include <gtest/gtest.h>

#include <random>

#include "query/phrase.h"
#include "query/query.h"
#include "sample_recording.h"

namespace bygone::query {
namespace {

constexpr const char* kWords[] = {
    "mappings", "mapping",   "of",     "at",        "event",   "between",  "and",    "or",
    "not",      "(",         ")",      "frames",    "where",   "call",     "=",      "openat",
    "in",       ",",         "1",      "..",        "7",       "0x400000", "task",   "process",
    "100",      "101",       "tasks",  "tree",      "calls",   "by",       "time",   "count",
    "<",        "1.5ms",     "failed", "error",     "ENOENT",  "~",        "*",      "who",
    "mapped",   "/bin/demo", "'x'",    "registers", "history", "output",   "-",      "end",
    "first",    "last",      "kind",   "exec",      "signal",  "SIGSEGV",  "result", "99999999999999999999",
    "\xff",     "\"",        "!="};

std::string random_phrase(std::mt19937& random) {
  std::string phrase;
  const size_t words = 1 + random() % 12;
  for (size_t i = 0; i < words; ++i)
    phrase += std::string(i == 0 ? "" : " ") + kWords[random() % std::size(kWords)];
  return phrase;
}

// Whatever is asked, the answer is rows or an error of the user's, never another kind.
TEST(RandomPhrases, AreAnsweredOrRefused) {
  test::SampleRecording sample;
  std::mt19937 random(20150801);
  int answered = 0;
  for (int i = 0; i < 3000; ++i) {
    const std::string phrase = random_phrase(random);
    const auto result = answer(sample.reader(), phrase, {{Format::csv, 0}, {}},
                               [](std::string_view) { return Expected<void>{}; });
    if (result) {
      ++answered;
      continue;
    }
    EXPECT_TRUE(result.error().kind == ErrorKind::usage || result.error().kind == ErrorKind::not_found)
        << phrase << ": " << result.error().message();
    EXPECT_FALSE(result.error().message().empty());
  }
  EXPECT_GT(answered, 10) << "the words make no phrases any more";
}

TEST(RandomPhrases, BytesOfAnyKindAreRefusedByTheParser) {
  std::mt19937 random(7);
  for (int i = 0; i < 20000; ++i) {
    std::string phrase(random() % 40, '\0');
    for (char& c : phrase) c = char(random());
    const auto result = parse_phrase(phrase);
    if (!result) {
      EXPECT_EQ(result.error().kind, ErrorKind::usage);
    }
  }
}

TEST(RandomPhrases, DeepNestingIsRefusedWithoutOverflow) {
  for (const char* open : {"(", "not "}) {
    std::string phrase = "frames where ";
    for (int i = 0; i < 2000; ++i) phrase += open;
    const auto result = parse_phrase(phrase);
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().message().find("nested deeper"), std::string::npos);
  }
  EXPECT_FALSE(parse_phrase(std::string(20'000, 'a')));
}

}  // namespace
}  // namespace bygone::query
