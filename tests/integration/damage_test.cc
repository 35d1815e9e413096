#include <gmock/gmock.h>

#include <fstream>

#include "tests/integration/checks.h"

namespace bygone::test {
namespace {

class DamageTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(bygone_.record("run", {"bash", "-c", "for i in 1 2 3; do /bin/echo $i; done"}).status, 0)
        << bygone_.notices();
    bytes_ = read_file(bygone_.database("run"));
    ASSERT_GT(bytes_.size(), 16384u);
  }

  void store(const std::string& bytes) const {
    std::ofstream(bygone_.database("run"), std::ios::binary | std::ios::trunc) << bytes;
    std::filesystem::remove(bygone_.database("run").string() + "-wal");
    std::filesystem::remove(bygone_.database("run").string() + "-shm");
  }

  void expect_refused(int status, const std::vector<std::string>& words) {
    expect_error(bygone_({"replay", "--quiet", "run"}), status, words);
    expect_error(bygone_({"query", "run", "tasks"}), status, words);
    expect_error(bygone_({"info", "run"}), status, words);
  }

  Bygone bygone_;
  std::string bytes_;
};

TEST_F(DamageTest, FileOfSomethingElse) {
  store("this is not a database\n");
  expect_refused(65, {"run"});
}

TEST_F(DamageTest, EmptyFile) {
  store("");
  expect_refused(65, {"run"});
}

TEST_F(DamageTest, AnotherSQLiteDatabase) {
  std::filesystem::remove(bygone_.database("run"));
  ASSERT_EQ(run({"sqlite3", bygone_.database("run"), "CREATE TABLE recipes(name)"}).status, 0);
  expect_refused(65, {"run"});
}

TEST_F(DamageTest, NewerFormat) {
  ASSERT_EQ(run({"sqlite3", bygone_.database("run"),
                 "PRAGMA user_version = 99999; UPDATE header SET value = '99999' WHERE key LIKE '%reader%'"})
                .status,
            0);
  expect_refused(65, {"run", "99999", "newer"});
}

// What a recorder that was killed leaves may end anywhere, even between a fork and the child's first event.
TEST_F(DamageTest, RecordingThatEndsWithAFork) {
  const std::string last = "(SELECT max(event) FROM frame WHERE kind = 4)";
  ASSERT_EQ(run({"sqlite3", bygone_.database("run"),
                 "DELETE FROM task WHERE first_event > " + last +
                     "; DELETE FROM task_address_space WHERE first_event > " + last +
                     "; UPDATE header SET value = 'interrupted' WHERE key IN ('state', 'outcome')"
                     "; DELETE FROM frame WHERE event > " +
                     last})
                .status,
            0);
  const RunResult replayed = bygone_({"replay", "run"});
  EXPECT_EQ(replayed.status, 0) << replayed.err;
  EXPECT_EQ(replayed.out, "1\n2\n");
  EXPECT_THAT(replayed.err, testing::HasSubstr("without the program's end (interrupted)"));
}

TEST_F(DamageTest, TruncatedFile) {
  for (const size_t kept : {bytes_.size() / 2, bytes_.size() - 4096, size_t(100), size_t(4096)}) {
    SCOPED_TRACE(kept);
    store(bytes_.substr(0, kept));
    const RunResult replayed = bygone_({"replay", "--quiet", "run"});
    EXPECT_EQ(replayed.status, 65) << replayed.err;
    EXPECT_THAT(replayed.err, testing::HasSubstr("run"));
  }
}

// Garbage at every page in turn: whatever it hits, a command ends with a status of its own and never crashes.
TEST_F(DamageTest, GarbageAnywhereNeverCrashes) {
  const std::string garbage = sample_bytes(512);
  int refused = 0;
  const size_t step = std::max<size_t>(4096, bytes_.size() / 4096 / 12 * 4096);
  for (size_t at = 0; at + garbage.size() < bytes_.size(); at += step) {
    SCOPED_TRACE(at);
    std::string damaged = bytes_;
    damaged.replace(at, garbage.size(), garbage);
    store(damaged);
    RunOptions options;
    options.timeout = std::chrono::seconds(20);
    for (const std::vector<std::string>& command :
         std::vector<std::vector<std::string>>{{"replay", "--quiet", "run"},
                                               {"query", "run", "frames"},
                                               {"query", "run", "mappings at event 50"}}) {
      const RunResult result = bygone_(command, options);
      EXPECT_THAT(result.status, testing::AnyOf(0, 65, 66, 79)) << command[0] << ": " << result.err;
      if (result.status != 0) {
        EXPECT_THAT(result.err, testing::HasSubstr("bygone: "));
      }
      refused += result.status == 65;
    }
  }
  EXPECT_GT(refused, 0);
}

TEST_F(DamageTest, MissingContentOfMappedFiles) {
  std::filesystem::remove(bygone_.store() / "catalog.db");
  std::filesystem::remove(bygone_.store() / "catalog.db-wal");
  std::filesystem::remove(bygone_.store() / "catalog.db-shm");
  const RunResult replayed = bygone_({"replay", "--quiet", "run"});
  EXPECT_THAT(replayed.status, testing::AnyOf(65, 66)) << replayed.err;
  EXPECT_THAT(replayed.err, testing::StartsWith("bygone: "));
}

TEST_F(DamageTest, DamagedRecordingIsListedAndCanBeRemoved) {
  store("garbage");
  const RunResult listed = bygone_({"ls"});
  EXPECT_EQ(listed.status, 0) << listed.err;
  EXPECT_THAT(listed.out, testing::HasSubstr("run"));
  EXPECT_EQ(bygone_({"rm", "run"}).status, 0);
  EXPECT_FALSE(std::filesystem::exists(bygone_.database("run")));
}

// A recorder that is killed leaves a recording that replays up to its last committed event.
TEST_F(DamageTest, RecorderThatWasKilled) {
  RunOptions options;
  options.environment = {{"BYGONE_STORE", bygone_.store()}};
  {
    ProcessRun recording({bygone_binary(), "record", "--name", "cut", "--", "bash", "-c",
                          "for i in {1..200}; do /bin/true; done; exec sleep 1000"},
                         options);
    ASSERT_GT(find_descendant(recording.pid(), "sleep"), 0);
    kill(recording.pid(), SIGKILL);
    recording.wait();
  }
  const auto info = bygone_.query("cut", "info");
  const auto& row = info.is_array() ? info.at(0) : info;
  EXPECT_GT(row.at("events").get<uint64_t>(), 100u);
  const RunResult replayed = bygone_({"replay", "--quiet", "cut"});
  EXPECT_EQ(replayed.status, 0) << replayed.err;
}

}  // namespace
}  // namespace bygone::test
