#include <fmt/core.h>
#include <gmock/gmock.h>

#include <random>

#include "tests/integration/checks.h"
#include "tests/integration/tamper.h"

namespace bygone::test {
namespace {

using testing::HasSubstr;

uint64_t events_of(const Bygone& bygone, const std::string& name) {
  return bygone.query(name, "last event").at(0).at("event").get<uint64_t>();
}

size_t snapshots_of(const Bygone& bygone, const std::string& name) {
  const RunResult rows = bygone({"sql", name, "SELECT event FROM snapshot", "--format", "json"});
  return rows.status == 0 ? nlohmann::json::parse(rows.out).size() : 0;
}

void expect_snapshots_hold(const Bygone& bygone, const std::string& name) {
  const RunResult verified = bygone({"verify", "--no-files", "--replay", name});
  EXPECT_EQ(verified.status, 0) << verified.err;
  EXPECT_THAT(verified.out, HasSubstr("snapshots restored and compared"));
}

// Taken at every turn while recording: the replay from each reaches the next with the same memory and
// registers.
class RecordedSnapshotsTest : public testing::TestWithParam<const char*> {};

TEST_P(RecordedSnapshotsTest, LeadFromOneToTheNext) {
  Bygone bygone;
  const RunResult recorded = bygone({"record", "--check", "--snapshot-every", "0.001", "--snapshot-budget",
                                     "100", "--name", "run", program(GetParam())});
  ASSERT_THAT(recorded.err, HasSubstr("recorded as run"));
  EXPECT_GT(snapshots_of(bygone, "run"), 0u);
  expect_snapshots_hold(bygone, "run");
}

INSTANTIATE_TEST_SUITE_P(Of, RecordedSnapshotsTest,
                         testing::Values("busy_threads", "fork_tree", "madvise_all", "vfork_threads",
                                         "exec_chain", "shared_anonymous", "mmap_private_then_shared",
                                         "shared_file", "signals_nested", "signal_avx_state", "dead_stacks",
                                         "reserved_terabytes", "calls_in_flight"),
                         [](const auto& info) { return std::string(info.param); });

class SeekTest : public testing::Test {
 protected:
  // A program whose memory and registers differ from event to event, recorded without snapshots.
  void SetUp() override {
    const RunResult recorded =
        bygone_({"record", "--no-snapshots", "--name", "run", "--", "python3", "-c",
                 "import os, hashlib\nd = bytearray(300000)\nfor i in range(60):\n    d[i * 1000] = i\n    "
                 "os.getppid()\nprint(hashlib.sha256(d).hexdigest())"});
    ASSERT_EQ(recorded.status, 0) << recorded.err;
    output_ = recorded.out;
    events_ = events_of(bygone_, "run");
    std::mt19937 random(20261125);
    for (int i = 0; i < 3; ++i) moments_.push_back(1 + random() % (events_ - 2));
  }

  // Everything a person can see of a moment: the stack pages and the heap of the one task.
  std::string state_at(const std::string& name, uint64_t event) const {
    const nlohmann::json registers = bygone_.query(name, fmt::format("registers at event {}", event));
    std::string stack_pointer;
    for (const auto& row : registers)
      if (row.at("register") == "rsp") stack_pointer = row.at("value");
    std::string state = registers.dump();
    state += bygone_.query(name, fmt::format("memory {} 4096 at event {}", stack_pointer, event)).dump();
    for (const auto& row : bygone_.query(name, fmt::format("mappings at event {}", event)))
      if (row.at("kind") == "heap")
        state += bygone_
                     .query(name, fmt::format("memory {} 64K at event {}", row.at("start").get<std::string>(),
                                              event))
                     .dump();
    return state;
  }

  Bygone bygone_;
  std::string output_;
  uint64_t events_ = 0;
  std::vector<uint64_t> moments_;
};

TEST_F(SeekTest, ReachesTheStateThatAReplayFromTheBeginningReaches) {
  std::vector<std::string> before;
  for (const uint64_t event : moments_) before.push_back(state_at("run", event));
  const RunResult indexed = bygone_({"index", "run", "--every", "0.01"});
  ASSERT_EQ(indexed.status, 0) << indexed.err;
  EXPECT_GT(snapshots_of(bygone_, "run"), 3u);
  for (size_t i = 0; i < moments_.size(); ++i)
    EXPECT_EQ(state_at("run", moments_[i]), before[i]) << "event " << moments_[i];
  expect_snapshots_hold(bygone_, "run");
  EXPECT_EQ(bygone_.replay("run").out, output_);
}

TEST_F(SeekTest, ReplaysFromAMomentToTheEndOrToAnother) {
  ASSERT_EQ(bygone_({"index", "run", "--every", "0.01"}).status, 0);
  const std::string half = std::to_string(events_ / 2);
  const RunResult rest = bygone_({"replay", "run", "--at", half});
  EXPECT_EQ(rest.status, 0) << rest.err;
  EXPECT_EQ(rest.out, output_);
  const RunResult there = bygone_({"replay", "run", "--at", half, "--until", half});
  EXPECT_EQ(there.status, 0) << there.err;
  EXPECT_THAT(there.err, HasSubstr("stopped after event " + half));
  const RunResult nothing_left = bygone_({"replay", "run", "--at", "100%"});
  EXPECT_EQ(nothing_left.status, 0) << nothing_left.err;
  EXPECT_EQ(nothing_left.out, "");
  for (const char* moment : {"50%", "10ms", "0s"})
    EXPECT_EQ(bygone_({"replay", "run", "--at", moment, "-q"}).status, 0) << moment;
}

TEST_F(SeekTest, WorksOnAPackedFile) {
  ASSERT_EQ(bygone_({"index", "run", "--every", "0.01"}).status, 0);
  const ScratchFolder folder;
  const std::string file = folder / "run.bygone";
  ASSERT_EQ(bygone_({"pack", "run", file}).status, 0);
  EXPECT_EQ(state_at(file, moments_[0]), state_at("run", moments_[0]));
  EXPECT_EQ(bygone_({"replay", file, "--at", "50%"}).out, output_);
}

TEST_F(SeekTest, WorksOnARecordingOfTheFormatBeforeThreadStacks) {
  change(bygone_.database("run"),
         "ALTER TABLE mapping DROP COLUMN stack_top; DELETE FROM mapping_kind WHERE value > 9;"
         "PRAGMA user_version = 3; UPDATE header SET value = '3' WHERE key IN ('format', 'oldest_reader')");
  const std::string state = state_at("run", moments_[0]);
  EXPECT_EQ(bygone_({"replay", "run", "--check"}).out, output_);
  ASSERT_EQ(bygone_({"index", "run", "--every", "0.01"}).status, 0);
  EXPECT_EQ(state_at("run", moments_[0]), state);
  expect_snapshots_hold(bygone_, "run");
}

TEST_F(SeekTest, SaysWhatIsWrongWithAMoment) {
  const std::string beyond = std::to_string(events_ + 1);
  expect_error(bygone_({"replay", "run", "--at", beyond}), 66, {beyond, "is not in recording run", "1.."});
  expect_error(bygone_({"replay", "run", "--at", "0"}), 66, {"event 0"});
  expect_error(bygone_({"replay", "run", "--at", "noon"}), 64, {"noon", "40%"});
  expect_error(bygone_({"replay", "run", "--at", "task:1"}), 66, {"task 1"});
  expect_error(bygone_({"index", "none"}), 66, {"none"});
}

TEST(MemoryQueryTest, FindsWhoChangedAVariable) {
  Bygone bygone;
  const ScratchFolder folder;
  folder.write(
      "main.c",
      "#include <stdio.h>\n#include <unistd.h>\nint counter;\n"
      "__attribute__((noinline)) static void count(void) { ++counter; getppid(); __asm__ volatile(\"\"); }\n"
      "int main(void) { printf(\"%p\\n\", (void*)&counter); fflush(stdout);\n"
      "  for (int i = 0; i < 3; ++i) count();\n  return 0; }\n");
  RunOptions options;
  options.directory = folder.path();
  ASSERT_EQ(shell("gcc -g -O1 -o main main.c", options).status, 0);
  const RunResult recorded = bygone.record("run", {folder / "main"}, options);
  ASSERT_EQ(recorded.status, 0);
  const std::string address = recorded.out.substr(0, recorded.out.find('\n'));
  const auto changes = bygone.query("run", "changes to " + address + " 4");
  ASSERT_EQ(changes.size(), 3u);
  EXPECT_EQ(changes.at(2).at("before"), "02 00 00 00");
  EXPECT_EQ(changes.at(2).at("after"), "03 00 00 00");
  EXPECT_EQ(changes.at(2).at("call"), "getppid");
  const std::string event = std::to_string(changes.at(1).at("event").get<uint64_t>());
  EXPECT_EQ(bygone.query("run", "memory " + address + " 4 at event " + event).at(0).at("bytes"),
            "02 00 00 00");
  std::vector<std::string> functions;
  for (const auto& level : bygone.query("run", "stack at event " + event))
    if (level.at("function").is_string()) functions.push_back(level.at("function"));
  EXPECT_THAT(functions, testing::IsSupersetOf({"count", "main", "_start"}));
  expect_error(bygone({"query", "run", "memory 0x10 4 at event 5"}), 66, {"0x10", "is not mapped"});
}

}  // namespace
}  // namespace bygone::test
