#include <fmt/core.h>
#include <gmock/gmock.h>
#include <sqlite3.h>

#include <stdexcept>

#include "tests/integration/checks.h"

namespace bygone::test {
namespace {

void change(const std::filesystem::path& database, const std::string& sql) {
  sqlite3* connection = nullptr;
  if (sqlite3_open_v2(database.c_str(), &connection, SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK)
    throw std::runtime_error("cannot open " + database.string());
  char* message = nullptr;
  sqlite3_exec(connection, sql.c_str(), nullptr, nullptr, &message);
  const std::string error = message != nullptr ? message : "";
  const int changed = sqlite3_changes(connection);
  sqlite3_free(message);
  sqlite3_close(connection);
  if (!error.empty() || changed == 0)
    throw std::runtime_error(sql + ": " + (error.empty() ? "changed nothing" : error));
}

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

// What registers cannot show: memory that holds something else. Digests (--check) do.
TEST_F(DivergenceTest, OtherMemoryIsNoticedByDigests) {
  record({"head", "-c", "3000", "/usr/bin/env"});
  const uint64_t event = event_of("frames where call = read and result >= 1024");
  change(bygone_.database("run"),
         fmt::format("DELETE FROM memory_write WHERE event = {} AND size_bytes >= 1024", event));
  const RunResult replayed = bygone_({"replay", "--quiet", "--check", "run"});
  expect_error(replayed, 79, {"event", "memory", "expected", "found"});
}

}  // namespace
}  // namespace bygone::test
