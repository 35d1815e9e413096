// Frames of rare calls and tasks are found without reading the others, and they are the same frames.

#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>

#include "query/query.h"
#include "schema/codec.h"
#include "store/store.h"

namespace bygone::query {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr int kEvents = 8000;
constexpr int kRare = 6789;

class ChunkFilter : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = std::filesystem::temp_directory_path() / "bygone-chunks-XXXXXX";
    directory_ = mkdtemp(pattern.data());
    auto store = Store::open(directory_);
    ASSERT_TRUE(store) << store.error().message();
    auto made = store->create("long", "long", {});
    ASSERT_TRUE(made) << made.error().message();
    for (const auto& [number, name] : {std::pair{0, "read"}, {1, "write"}, {87, "unlink"}})
      ASSERT_TRUE(append_row(*made->sink, CallName{number, name}));
    for (int32_t id : {1, 2})
      ASSERT_TRUE(append_row(*made->sink, Task{TaskId{uint64_t(id)},
                                               Tid{100 + id},
                                               Tid{100 + id},
                                               Tid{0},
                                               EventNumber{1},
                                               kNoEvent,
                                               "x",
                                               {}}));
    Registers registers;
    for (int event = 1; event <= kEvents; ++event) {
      registers[Register::rip] = uint64_t(event);
      Frame frame;
      frame.event = EventNumber{uint64_t(event)};
      frame.task = Tid{event / 10 == kRare / 10 ? 102 : 101};
      frame.call = event == kRare ? 87 : event % 2;
      frame.result = event == kRare ? -2 : 0;
      frame.time_ns = uint64_t(event);
      ASSERT_TRUE(append_row(*made->sink, frame, std::as_bytes(std::span(registers.values))));
    }
    ASSERT_TRUE(made->sink->close());
    auto reader = store->read("long");
    ASSERT_TRUE(reader) << reader.error().message();
    reader_ = std::move(*reader);
  }
  void TearDown() override {
    reader_.reset();
    std::error_code ignored;  // the service takes files of its own away meanwhile
    std::filesystem::remove_all(directory_, ignored);
  }
  std::string text_of(const std::function<Expected<void>(const TextSink&)>& write) {
    std::string text;
    const auto written = write([&](std::string_view part) {
      text += part;
      return Expected<void>{};
    });
    return written ? text : written.error().message();
  }
  std::string plan(const char* phrase) {
    return text_of([&](const TextSink& out) { return explain(*reader_, phrase, out); });
  }
  std::string answered(const char* phrase) {
    return text_of([&](const TextSink& out) {
      return answer(*reader_, phrase, {{Format::csv, 0}, {}}, out);
    });
  }
  std::string sql(const char* select) {
    return text_of([&](const TextSink& out) {
      return answer_sql(*reader_, select, {{Format::csv, 0}, {}}, out);
    });
  }

  std::filesystem::path directory_;
  std::unique_ptr<RecordingReader> reader_;
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

}  // namespace
}  // namespace bygone::query
