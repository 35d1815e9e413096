#include <fmt/core.h>
#include <gmock/gmock.h>

#include <stdexcept>

#include "tests/integration/checks.h"
#include "tests/integration/tamper.h"

namespace bygone::test {
namespace {

// A recording that was changed behind bygone's back. A replay of it has to leave the recorded path, notice it
// at once, and say where.
class DivergenceTest : public testing::Test {
 protected:
  void record(const std::vector<std::string>& argv, const std::string& input = "") {
    RunOptions options;
    options.input = input;
    const RunResult recorded = bygone_.record("run", argv, options);
    ASSERT_EQ(recorded.status, 0) << bygone_.notices() << recorded.err;
    const RunResult replayed = bygone_.replay("run");
    ASSERT_EQ(replayed.status, 0) << bygone_.notices();
  }

  // The first event of those the phrase finds.
  uint64_t event_of(const std::string& phrase) {
    const auto frames = bygone_.query("run", phrase);
    if (frames.empty()) throw std::runtime_error("no " + phrase);
    return frames.at(0).at("event").get<uint64_t>();
  }

  Bygone bygone_;
};

// The very thing a replay compares at every frame.
TEST_F(DivergenceTest, AnotherRegisterIsNoticedAtItsEvent) {
  record({program("maps_mmap")});
  const uint64_t event = event_of("frames where call = getpgid");
  change_register(bygone_.database("run"), event, Register::rbx, 0x1234567);
  expect_error(
      bygone_({"replay", "--quiet", "run"}), 79,
      {fmt::format("event {}", event), "task", "getpgid", "register rbx", "expected 0x1234567", "found"});
}

TEST_F(DivergenceTest, AnotherCallIsNoticedAtItsEvent) {
  record({program("maps_mmap")});
  const uint64_t event = event_of("frames where call = getpgid");
  change(bygone_.database("run"), fmt::format("UPDATE frame SET call = 39 WHERE event = {}", event));
  const RunResult replayed = bygone_({"replay", "--quiet", "run"});
  expect_error(replayed, 79,
               {fmt::format("event {}", event), "task", "getpgid", "getpid", "expected", "found"});
}

TEST_F(DivergenceTest, AnotherResultOfAnExecutedCallIsNoticed) {
  record({program("maps_mmap")});
  const uint64_t event = event_of("frames where call = munmap and result = 0");
  change(bygone_.database("run"), fmt::format("UPDATE frame SET result = -22 WHERE event = {}", event));
  expect_error(bygone_({"replay", "--quiet", "run"}), 79,
               {fmt::format("event {}", event), "expected", "found"});
}

TEST_F(DivergenceTest, MissingInputLeadsAstrayAndIsNoticed) {
  record({"bash", "-c", "read word; echo length ${#word}: $word"}, "a word of some length\n");
  const uint64_t event = event_of("frames where call = read and result = 1");
  change(bygone_.database("run"),
         fmt::format("DELETE FROM memory_write WHERE event >= {} AND size_bytes = 1", event));
  const RunResult replayed = bygone_({"replay", "--quiet", "run"});
  expect_error(replayed, 79, {"event", "task", "expected", "found"});
}

TEST_F(DivergenceTest, MissingMappingIsNoticed) {
  record({program("maps_mmap")});
  change(bygone_.database("run"), "DELETE FROM mapping WHERE kind = 1 AND prot LIKE 'r-x%'");
  const RunResult replayed = bygone_({"replay", "--quiet", "--check", "run"});
  EXPECT_THAT(replayed.status, testing::AnyOf(65, 79)) << replayed.err;
  EXPECT_THAT(replayed.err, testing::StartsWith("bygone: "));
}

// What registers cannot show: memory that holds something else. Digests (--check) do, where the memory is
// alive at the end: dd reads into its heap.
TEST_F(DivergenceTest, OtherMemoryIsNoticedByDigests) {
  record({"dd", "bs=3000", "of=/dev/null", "status=none"}, sample_bytes(3000));
  const uint64_t event = event_of("frames where call = read and result = 3000");
  change(bygone_.database("run"),
         fmt::format("DELETE FROM memory_write WHERE event = {} AND size_bytes >= 3000", event));
  const RunResult replayed = bygone_({"replay", "--quiet", "--check", "run"});
  expect_error(replayed, 79, {"event", "memory", "expected", "found"});
}

TEST_F(DivergenceTest, OtherOutputIsNoticed) {
  record({"cat"}, sample_bytes(3000));
  const uint64_t event = event_of("frames where call = read and result = 3000");
  change(bygone_.database("run"),
         fmt::format("DELETE FROM memory_write WHERE event = {} AND size_bytes >= 3000", event));
  expect_error(bygone_({"replay", "--quiet", "run"}), 79, {"event", "write", "3000 bytes"});
}

}  // namespace
}  // namespace bygone::test
