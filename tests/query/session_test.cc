#include "query/session.h"

#include <gmock/gmock.h>

#include "query/query.h"
#include "sample_recording.h"

namespace bygone::query {
namespace {

std::string answered(RecordingReader& reader, std::string_view phrase, std::optional<uint64_t> limit = {}) {
  std::string text;
  const auto result = answer(reader, phrase, {{Format::csv, 0}, limit}, [&](std::string_view part) {
    text += part;
    return Expected<void>{};
  });
  return result ? text : result.error().message();
}

TEST(Session, LimitStopsEarly) {
  test::SampleRecording sample;
  EXPECT_EQ(answered(sample.reader(), "tasks", 1),
            "tid,tgid,parent,first_event,end_event,command,status\r\n"
            "100,100,0,1,23,demo,\"killed by SIGSEGV, core dumped\"\r\n");
}

TEST(Session, AnErrorOfTheSinkEndsTheAnswer) {
  test::SampleRecording sample;
  int calls = 0;
  const auto result =
      answer(sample.reader(), "frames", {{Format::csv, 0}, {}}, [&](std::string_view) -> Expected<void> {
        if (++calls == 3) return fail(ErrorKind::io, "sink", "full");
        return {};
      });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message(), "sink: full");
  EXPECT_EQ(calls, 3);
}

// Whoever asked before must not disturb the reader's own statements, nor the next question.
TEST(Session, LeavesTheReaderAsItWas) {
  test::SampleRecording sample;
  const std::string before = answered(sample.reader(), "mappings at event 6");
  EXPECT_THAT(answered(sample.reader(), "frames 99"), testing::HasSubstr("is not in recording"));
  EXPECT_EQ(answered(sample.reader(), "mappings at event 6"), before);
  EXPECT_TRUE(sample.reader().mappings_at(AddressSpaceId{1}, EventNumber{6}));
  EXPECT_EQ(sample.reader().tasks().value().size(), 2u);
}

TEST(Session, QueryPlansUseTheKeyOfFrame) {
  test::SampleRecording sample;
  const auto session = Session::open(sample.reader());
  ASSERT_TRUE(session) << session.error().message();
  for (const char* sql :
       {"SELECT * FROM frames WHERE event BETWEEN 3 AND 9", "SELECT * FROM frames WHERE event = 3",
        "SELECT * FROM signals", "SELECT * FROM execs"}) {
    const auto plan = (*session)->query_plan(sql);
    ASSERT_TRUE(plan) << plan.error().message();
    for (const std::string& step : *plan) {
      EXPECT_THAT(step, testing::Not(testing::HasSubstr("SCAN main.frame"))) << sql;
      EXPECT_NE(step, "SCAN f") << sql;
    }
  }
}

}  // namespace
}  // namespace bygone::query
