#include <gtest/gtest.h>

#include "query/query.h"
#include "scripted_recording.h"

namespace bygone::query {
namespace {

using enum FrameKind;

constexpr int32_t kRead = 0, kClone = 56, kFork = 57;

std::string answered(RecordingReader& reader, const char* phrase) {
  std::string text;
  EXPECT_TRUE(answer(reader, phrase, {{Format::csv, 0}, {}}, [&](std::string_view part) {
    text += part;
    return Expected<void>{};
  }));
  std::erase(text, '\r');
  return text;
}

TEST(CallTotals, ACallThatMakesATaskIsOneCall) {
  test::ScriptedRecording recording;
  recording.task(10, 10, 0).frame(10, start);
  recording.frame(10, enter, kFork).frame(10, clone, kFork, 11);
  recording.task(11, 11, 10).frame(11, start).frame(11, syscall, kFork, -11).frame(10, syscall, kFork, 11);
  recording.frame(10, syscall, kFork, -11).frame(10, clone, kClone, 12);
  recording.task(12, 12, 10).frame(12, start).frame(10, syscall, kRead, 0).frame(10, FrameKind::exit, {}, 9);
  RecordingReader& reader = recording.reader();
  const char* const expected = "call,count,errors\nfork,3,2\nread,1,0\nclone,1,0\n";
  EXPECT_EQ(answered(reader, "calls by count"), expected) << "by chunks";
  EXPECT_EQ(answered(reader, "calls of process 10 by count"),
            "call,count,errors\nfork,2,1\nread,1,0\nclone,1,0\n");
  EXPECT_EQ(answered(reader, "calls of 11 by count"), "call,count,errors\nfork,1,1\n");
}

}  // namespace
}  // namespace bygone::query
