#include "query/timeline.h"

#include <fmt/core.h>
#include <gmock/gmock.h>

#include "scripted_recording.h"

namespace bygone::query {
namespace {

using testing::ElementsAre;
using enum FrameKind;

constexpr int32_t kRead = 0, kNanosleep = 35, kClone = 56, kExecve = 59, kExit = 60;

// As "TASK NAME from-to @EVENT", times in milliseconds, so that event N is at N.
std::vector<std::string> slices_of(test::ScriptedRecording& recording) {
  RecordingReader& reader = recording.reader();
  const CallNames names = *CallNames::read(reader);
  const TaskTable tasks(*reader.tasks());
  std::vector<std::string> slices;
  const auto done = for_each_slice(reader, tasks, [&](const Slice& slice) {
    slices.push_back(fmt::format("{} {} {}-{} @{}", slice.frame.task.value, slice.name(names),
                                 slice.began_ns / 1'000'000, slice.ended_ns / 1'000'000,
                                 slice.frame.event.value));
    return Expected<void>{};
  });
  EXPECT_TRUE(done);
  return slices;
}

TEST(Timeline, ACallThatSleepsOrMakesATaskIsOneSlice) {
  test::ScriptedRecording recording;
  recording.task(10, 10, 0).frame(10, exec, kExecve, 0).frame(10, enter, kRead);
  recording.frame(10, syscall, kRead, 5).frame(10, enter, kClone).frame(10, clone, kClone, 11);
  recording.task(11, 10, 10).frame(11, start).frame(10, syscall, kClone, 11).frame(10, syscall, kRead, 0);
  EXPECT_THAT(slices_of(recording), ElementsAre("10 execve 1-1 @1", "10 read 1-3 @3", "11 start 6-6 @6",
                                                "10 clone 3-7 @7", "10 read 7-8 @8"));
}

TEST(Timeline, ASignalDoesNotEndTheCallItMeets) {
  test::ScriptedRecording recording;
  recording.task(10, 10, 0).frame(10, exec, kExecve, 0).frame(10, enter, kNanosleep).frame(10, signal, 17);
  recording.frame(10, syscall, kNanosleep, -516).frame(10, handler, 17);
  EXPECT_THAT(slices_of(recording), ElementsAre("10 execve 1-1 @1", "10 SIGCHLD 3-3 @3",
                                                "10 nanosleep 1-4 @4", "10 SIGCHLD 5-5 @5"));
}

TEST(Timeline, WhatDoesNotReturnEndsWithItsTaskAtAnotherCallOrWithTheRecording) {
  test::ScriptedRecording recording;
  recording.task(10, 10, 0).task(11, 10, 10).task(12, 10, 10);
  recording.frame(10, start).frame(11, start).frame(12, start);
  recording.frame(10, enter, kRead).frame(11, enter, kRead).frame(12, enter, kRead);
  recording.frame(11, syscall, kNanosleep, 0).frame(10, FrameKind::exit, {}, 9);
  EXPECT_THAT(slices_of(recording),
              ElementsAre("10 start 1-1 @1", "11 start 2-2 @2", "12 start 3-3 @3", "11 read 2-5 @5",
                          "11 nanosleep 5-7 @7", "10 read 1-8 @4", "10 exit 8-8 @8", "12 read 3-8 @6"));
}

TEST(Timeline, AnIdThatIsUsedAgainBeginsAnew) {
  test::ScriptedRecording recording;
  recording.task(10, 10, 0).frame(10, start).frame(10, enter, kRead);
  recording.task(10, 10, 0).frame(10, start).frame(10, syscall, kRead, 0);
  EXPECT_THAT(slices_of(recording),
              ElementsAre("10 start 1-1 @1", "10 read 1-2 @2", "10 start 3-3 @3", "10 read 3-4 @4"));
}

TEST(Timeline, AttachingComesBeforeTheFirstEvent) {
  test::ScriptedRecording recording;
  recording.task(10, 10, 0).frame(10, attach).task(11, 10, 10).frame(11, attach).begins_here();
  recording.frame(10, syscall, kRead, 0);
  EXPECT_THAT(slices_of(recording), ElementsAre("10 attach 1-1 @1", "11 attach 2-2 @2", "10 read 1-3 @3"));
}

// The kernel gives the leader's id to a thread that execs.
TEST(Timeline, AnExecIsACallOfTheThreadThatMadeIt) {
  test::ScriptedRecording recording;
  recording.task(10, 10, 0).frame(10, start).task(11, 10, 10).frame(11, start);
  recording.frame(10, enter, kRead).frame(11, enter, kExecve).frame(10, FrameKind::exit, {}, 0);
  recording.task(10, 10, 11).frame(10, exec, kExecve, 0).frame(10, syscall, kExit);
  EXPECT_THAT(slices_of(recording), ElementsAre("10 start 1-1 @1", "11 start 2-2 @2", "10 read 1-5 @3",
                                                "10 exit 5-5 @5", "11 execve 2-6 @6", "10 exit 6-7 @7"));
}

}  // namespace
}  // namespace bygone::query
