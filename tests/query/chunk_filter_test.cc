// Frames of rare calls and tasks are found without reading the others, and they are the same frames.

#include <gmock/gmock.h>

#include "long_recording.h"
#include "query/query.h"

namespace bygone::query {
namespace {

using testing::HasSubstr;
using testing::Not;

class ChunkFilter : public testing::Test {
 protected:
  std::string text_of(const std::function<Expected<void>(const TextSink&)>& write) {
    std::string text;
    const auto written = write([&](std::string_view part) {
      text += part;
      return Expected<void>{};
    });
    return written ? text : written.error().message();
  }
  std::string plan(const char* phrase) {
    return text_of([&](const TextSink& out) { return explain(long_.reader(), phrase, out); });
  }
  std::string answered(const char* phrase) {
    return text_of([&](const TextSink& out) {
      return answer(long_.reader(), phrase, {{Format::csv, 0}, {}}, out);
    });
  }
  std::string sql(const char* select) {
    return text_of([&](const TextSink& out) {
      return answer_sql(long_.reader(), select, {{Format::csv, 0}, {}}, out);
    });
  }

  test::LongRecording long_;
};

TEST_F(ChunkFilter, RareCallsAreFoundInTheirChunks) {
  for (const char* phrase : {"frames where call = unlink", "frames where failed and call in (unlink, rmdir)",
                             "frames where call ~ unl*", "first event where call = unlink",
                             "last event where call = unlink and result < 0",
                             "frames 1000.. where call = unlink or call = unlink"}) {
    EXPECT_THAT(plan(phrase), HasSubstr("SEARCH main.chunk_call")) << phrase;
    EXPECT_THAT(plan(phrase), Not(HasSubstr("SCAN main.frame"))) << phrase;
    EXPECT_THAT(answered(phrase), HasSubstr("\n6789,102,syscall,unlink,-2,ENOENT")) << phrase;
  }
}

TEST_F(ChunkFilter, RareTasksAreFoundInTheirChunks) {
  EXPECT_THAT(plan("frames of 102"), HasSubstr("SEARCH main.chunk_task"));
  EXPECT_EQ(answered("frames of 102"),
            sql("SELECT event, task, kind, call, result, error, time FROM frames WHERE "
                "task = 102 ORDER BY event"));
  EXPECT_THAT(sql("SELECT number FROM registers_at(8000, 102) WHERE register = 'rip'"),
              HasSubstr("\n6789\r"));
  EXPECT_THAT(sql("SELECT number FROM registers_at(6785, 102) WHERE register = 'rip'"),
              HasSubstr("\n6785\r"));
  EXPECT_EQ(sql("SELECT number FROM registers_at(6779, 102) WHERE register = 'rip'"), "number\r\n");
}

TEST_F(ChunkFilter, WhatMayBeAnywhereIsLookedForEverywhere) {
  for (const char* phrase :
       {"frames where call = read", "frames where not call = unlink", "frames where call = unlink or failed",
        "frames where call != read", "frames of 101"})
    EXPECT_THAT(plan(phrase), HasSubstr("SCAN main.frame")) << phrase;
  EXPECT_THAT(answered("frames where call = unlink or failed"), HasSubstr("\n6789,"));
  EXPECT_THAT(plan("frames where failed"), HasSubstr("reads every frame"));
}

TEST_F(ChunkFilter, CallsAreCountedByChunk) {
  EXPECT_THAT(plan("calls by count"), HasSubstr("main.chunk_call")) << plan("calls");
  EXPECT_EQ(answered("calls by count"), "call,count,errors\r\nread,4000,0\r\nwrite,3999,0\r\nunlink,1,1\r\n");
  EXPECT_EQ(
      answered("calls by count"),
      sql("SELECT syscall_name(call_number) AS call, count, errors FROM call_totals() ORDER BY count DESC"));
  EXPECT_THAT(plan("calls by time"), HasSubstr("reads every frame"));
}

TEST_F(ChunkFilter, ACallThatNeverHappenedIsNoWork) {
  EXPECT_THAT(plan("frames where call = rmdir"), HasSubstr("SEARCH main.chunk_call"));
  EXPECT_EQ(answered("frames where call = rmdir"), "event,task,kind,call,result,error,time\r\n");
}

// Every phrase there is: it reads no more of the frames than it must, or says why it reads them all.
TEST_F(ChunkFilter, NoPhraseReadsAllFramesWithoutNeed) {
  for (const char* phrase : {"mappings at event 4000",
                             "mappings of 101 at event 4000",
                             "mapping of 0x10000 at event 4000",
                             "mappings between 10 and 4000",
                             "frames 100..200",
                             "frames 100..200 where result < 0",
                             "frames 7000.. where failed",
                             "frames of 102",
                             "frames of 102 where failed",
                             "first event where call = unlink",
                             "last event where call = unlink and time > 1us",
                             "tasks",
                             "tasks at event 5",
                             "tree",
                             "tree at event 5",
                             "calls",
                             "calls by count",
                             "calls by name",
                             "execs",
                             "signals",
                             "signals of 101",
                             "output",
                             "output of 101 at event 5",
                             "files",
                             "who opened /tmp/old",
                             "who wrote /tmp/*",
                             "who deleted old",
                             "descriptors of 101 at event 5000",
                             "registers of 102 at event 8000",
                             "registers at event 7",
                             "uncaptured"}) {
    EXPECT_THAT(plan(phrase), Not(HasSubstr("SCAN main.frame"))) << phrase;
    EXPECT_THAT(plan(phrase), Not(HasSubstr("SCAN f\n"))) << phrase;
    EXPECT_THAT(plan(phrase), HasSubstr("-- ")) << phrase;
  }
  for (const char* phrase : {"frames", "frames where failed", "frames where result > 5", "calls by time",
                             "calls of 101", "frames where time > 5us"})
    EXPECT_THAT(plan(phrase), HasSubstr("-- reads every frame: ")) << phrase;
  for (const char* phrase : {"history of 0x10000", "who mapped libc.so.6"})
    EXPECT_THAT(plan(phrase), HasSubstr("-- reads every mapping: ")) << phrase;
}

}  // namespace
}  // namespace bygone::query
