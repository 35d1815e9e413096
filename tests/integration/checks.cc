#include "tests/integration/checks.h"

#include <gmock/gmock.h>

namespace bygone::test {
namespace {

constexpr size_t kShown = 2000;

void expect_same_text(const char* stream, const std::string& recorded, const std::string& replayed) {
  if (recorded == replayed) return;
  const auto [a, b] = std::mismatch(recorded.begin(), recorded.end(), replayed.begin(), replayed.end());
  const size_t at = size_t(a - recorded.begin());
  const size_t from = at < 200 ? 0 : at - 200;
  ADD_FAILURE() << stream << " differs at byte " << at << " (recorded " << recorded.size()
                << " bytes, replayed " << replayed.size() << ")\nrecorded: " << recorded.substr(from, 400)
                << "\nreplayed: " << replayed.substr(from, 400);
}

}  // namespace

void expect_error(const RunResult& result, int status, const std::vector<std::string>& words) {
  EXPECT_EQ(result.status, status) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, testing::StartsWith("bygone: "));
  for (const std::string& word : words) EXPECT_THAT(result.err, testing::HasSubstr(word));
}

void expect_same(const RunResult& recorded, const RunResult& replayed) {
  EXPECT_EQ(recorded.status, replayed.status);
  expect_same_text("standard output", recorded.out, replayed.out);
  expect_same_text("standard error", recorded.err, replayed.err);
}

RunResult expect_replays(Bygone& bygone, const std::string& name, const std::vector<std::string>& argv,
                         int status, RunOptions options) {
  const auto timeout = options.timeout;
  RunResult recorded = bygone.record(name, argv, std::move(options));
  EXPECT_EQ(recorded.status, status) << bygone.notices() << recorded.err.substr(0, kShown);
  RunOptions replay_options;
  replay_options.timeout = timeout;
  const RunResult replayed = bygone.replay(name, replay_options);
  expect_same(recorded, replayed);
  // Said by a replay that was checked to its end.
  EXPECT_THAT(bygone.notices(), testing::HasSubstr("events checked"));
  if (testing::Test::HasFailure()) ADD_FAILURE() << "replay said: " << bygone.notices();
  return recorded;
}

}  // namespace bygone::test
