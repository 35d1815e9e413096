#include <gmock/gmock.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "tests/integration/checks.h"

namespace bygone::test {
namespace {

using testing::HasSubstr;

constexpr uint64_t kBound = 8 << 20;

uint64_t number_of(const Bygone& bygone, const std::string& name, const std::string& sql) {
  const RunResult row = bygone({"sql", name, sql, "--format", "csv"});
  const size_t line = row.out.find('\n');
  return line == std::string::npos ? 0 : std::strtoull(row.out.c_str() + line + 1, nullptr, 10);
}

uint64_t first_event_of(const Bygone& bygone, const std::string& name) {
  return number_of(bygone, name, "SELECT value FROM header WHERE key = 'first_event'");
}

void expect_window_replays(Bygone& bygone, const std::string& name) {
  EXPECT_GT(first_event_of(bygone, name), 1u);
  const RunResult replayed = bygone({"replay", "-q", name});
  EXPECT_EQ(replayed.status, 0) << replayed.err;
  const RunResult verified = bygone({"verify", "--replay", name});
  EXPECT_EQ(verified.status, 0) << verified.err;
}

TEST(KeepTest, KeepsAWindowThatReplays) {
  Bygone bygone;
  const RunResult recorded = bygone({"record", "--keep", "8MiB", "--name", "run", "dd", "if=/dev/urandom",
                                     "of=/dev/null", "bs=64k", "count=1500"});
  ASSERT_EQ(recorded.status, 0) << recorded.err;
  expect_window_replays(bygone, "run");
  EXPECT_LT(std::filesystem::file_size(bygone.database("run")), kBound * 6 / 5);
  expect_error(bygone({"replay", "run", "--at", "1"}), 66, {"event 1", "its events are"});
}

// A child crashes once `first` exists, and the program ends once `second` does.
std::string program_whose_child_crashes(const std::string& first, const std::string& second) {
  const auto wait_for = [](const std::string& path) {
    return "while [ ! -e " + path + " ]; do sleep 0.01; done; ";
  };
  return wait_for(first) + "(kill -SEGV $BASHPID) 2>/dev/null; " + wait_for(second) + "exit 5";
}

TEST(KeepTest, FreezesWhatItHoldsWhenAProcessCrashesOrASignalAsksForIt) {
  Bygone bygone;
  const std::string crash_now = bygone.store() / "crash-now", end_now = bygone.store() / "end-now";
  ProcessRun recorder({bygone_binary(), "--store", bygone.store(), "record", "--keep", "8MiB", "--name",
                       "run", "bash", "-c", program_whose_child_crashes(crash_now, end_now)},
                      {});
  const auto has_events = [&](const char* name) {
    for (int i = 0; i < 200; ++i) {
      if (number_of(bygone, name, "SELECT max(event) FROM frame") > 0) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return false;
  };
  EXPECT_TRUE(has_events("run"));
  kill(recorder.pid(), SIGUSR1);
  EXPECT_TRUE(has_events("run-0"));
  std::ofstream(crash_now) << "now";
  EXPECT_TRUE(has_events("run-1"));
  std::ofstream(end_now) << "now";
  const RunResult recorded = recorder.wait();
  EXPECT_EQ(recorded.status, 5) << recorded.err;
  EXPECT_THAT(recorded.err, HasSubstr("frozen as run-0"));
  EXPECT_THAT(recorded.err, HasSubstr("frozen as run-1"));
  for (const char* name : {"run-0", "run-1"}) {
    const RunResult replayed = bygone({"replay", "-q", name});
    EXPECT_EQ(replayed.status, 0) << replayed.err;
  }
  EXPECT_EQ(number_of(bygone, "run-0", "SELECT count(*) FROM signals WHERE signal_number = 11"), 0u);
  EXPECT_EQ(number_of(bygone, "run-1", "SELECT count(*) FROM signals WHERE signal_number = 11"), 1u);
}

TEST(KeepTest, LosesNothingOfTheWindowWhenTheRecorderIsKilled) {
  Bygone bygone;
  ProcessRun recorder({bygone_binary(), "--store", bygone.store(), "record", "--keep", "8MiB", "--name",
                       "run", "dd", "if=/dev/urandom", "of=/dev/null", "bs=64k", "count=1000000"},
                      {});
  for (int i = 0; i < 200 && first_event_of(bygone, "run") == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const RunResult frozen = bygone({"trigger", "run", "--as", "frozen"});
  EXPECT_EQ(frozen.status, 0) << frozen.err;
  EXPECT_EQ(frozen.out, "frozen\n");
  kill(recorder.pid(), SIGKILL);
  recorder.wait();
  for (int i = 0; i < 100; ++i) {
    const RunResult info = bygone({"info", "run"});
    if (info.out.find("interrupted") != std::string::npos) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  expect_window_replays(bygone, "run");
  expect_window_replays(bygone, "frozen");
}

// Programs that ran before the window leave it, and the store.
TEST(KeepTest, ForgetsFilesThatNoEventOfTheWindowNames) {
  Bygone bygone;
  ScratchFolder folder;
  std::ifstream shell("/bin/true", std::ios::binary);
  const std::string image{std::istreambuf_iterator<char>(shell), {}};
  constexpr int kPrograms = 40;
  for (int i = 0; i < kPrograms; ++i) {
    const std::string path = folder / ("p" + std::to_string(i));
    std::ofstream(path, std::ios::binary) << image << "program " << i;
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  }
  const RunResult recorded =
      bygone({"record", "--keep", "4MiB", "--name", "run", "bash", "-c",
              "for p in " + (folder / "p*").string() +
                  "; do $p || exit 1; dd if=/dev/urandom of=/dev/null bs=64k count=6 2>/dev/null; done"});
  ASSERT_EQ(recorded.status, 0) << recorded.err;
  EXPECT_GT(number_of(bygone, "run", "SELECT max(id) FROM content"), uint64_t{kPrograms});
  const std::string named = "SELECT count(DISTINCT sha256) FROM content";
  EXPECT_LT(number_of(bygone, "run", named), uint64_t{kPrograms});
  EXPECT_EQ(number_of(bygone, "run", named),
            number_of(bygone, "run", named + " WHERE id IN (SELECT content FROM mapping)"))
      << "every content that stayed is mapped somewhere in the window";
  expect_window_replays(bygone, "run");
  // The packed file carries what the store still has.
  const std::string packed = folder / "packed";
  ASSERT_EQ(bygone({"pack", "run", packed}).status, 0);
  ASSERT_EQ(bygone({"rm", "run"}).status, 0);
  expect_window_replays(bygone, packed);
}

TEST(KeepTest, SaysWhereTheWindowIsLargerThanItsBound) {
  Bygone bygone;
  const RunResult recorded =
      bygone({"record", "--keep", "4MiB", "--name", "run", "python3", "-c",
              "import os\nkept = os.urandom(12 << 20)\nfor i in range(40): os.urandom(1 << 18)"});
  ASSERT_EQ(recorded.status, 0) << recorded.err;
  EXPECT_THAT(recorded.err, HasSubstr("run: could not be kept within 4.2 MB"));
  EXPECT_THAT(bygone({"info", "run"}).out, HasSubstr("least_window_bytes"));
  expect_window_replays(bygone, "run");
}

TEST(KeepTest, SaysWhatIsWrongWithABound) {
  Bygone bygone;
  expect_error(bygone({"record", "--keep", "1KiB", "true"}), 64, {"1KiB", "4MiB at least"});
  expect_error(bygone({"record", "--keep", "10 parsecs", "true"}), 64, {"10 parsecs"});
  expect_error(bygone({"record", "--keep", "10m", "--keep", "20m", "true"}), 64, {"20m"});
  expect_error(bygone({"record", "--keep", "10m", "--no-snapshots", "true"}), 64, {"--no-snapshots"});
  expect_error(bygone({"trigger", "none"}), 66, {"none"});
}

}  // namespace
}  // namespace bygone::test
