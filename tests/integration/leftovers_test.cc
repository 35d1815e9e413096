// What stays behind when recorders and services end, or are killed: nothing but recordings.

#include <gmock/gmock.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <functional>
#include <set>
#include <thread>

#include "tests/integration/checks.h"

namespace bygone::test {
namespace {

using Names = std::set<std::string>;

bool comes_true(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

// Shared memory with a name, System V segments included.
Names shared_memory() {
  Names names;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/dev/shm", ignored))
    if (entry.path().filename().string().find("bygone") != std::string::npos) names.insert(entry.path());
  return names;
}

class LeftoversTest : public testing::Test {
 protected:
  // A program that sleeps, being recorded.
  struct Recorded {
    std::unique_ptr<ProcessRun> recorder;
    pid_t program = 0;
    pid_t service = 0;
  };

  Recorded begin(const std::string& name, const std::string& seconds) {
    Recorded begun;
    begun.recorder =
        std::make_unique<ProcessRun>(std::vector<std::string>{bygone_binary(), "--store", bygone_.store(),
                                                              "record", "--name", name, "sleep", seconds},
                                     RunOptions{});
    begun.program = find_descendant(begun.recorder->pid(), "sleep");
    EXPECT_TRUE(comes_true([&] {
      const auto rows = nlohmann::json::parse(bygone_({"status", "--format", "json"}).out, nullptr, false);
      for (const auto& row : rows)
        if (row.value("name", "") == name) begun.service = row.value("service_pid", 0);
      return begun.service != 0;
    })) << name;
    return begun;
  }

  // Processes that have anything to do with this store.
  Names processes() const {
    Names found;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
      std::string command;
      std::getline(std::ifstream(entry.path() / "cmdline"), command, '\n');
      if (command.find(bygone_.store().string()) != std::string::npos) found.insert(entry.path());
    }
    return found;
  }
  // All in the store that is no database and no log.
  Names odd_files() const {
    Names found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(bygone_.store()))
      if (!entry.is_directory() && entry.path().extension() != ".db" && entry.path().extension() != ".log" &&
          entry.path().extension() != ".db-wal" && entry.path().extension() != ".db-shm")
        found.insert(entry.path());
    return found;
  }
  static bool is_gone(pid_t pid) {
    std::string state;
    std::ifstream in("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(in, line);)
      if (line.rfind("State:", 0) == 0) state = line;
    return state.empty() || state.find('Z') != std::string::npos;
  }

  Bygone bygone_;
};

TEST_F(LeftoversTest, NothingStaysButRecordings) {
  ASSERT_EQ(bygone_({"record", "--name", "whole", "true"}).status, 0);

  const Recorded killed = begin("recorder_killed", "60");
  ::kill(killed.recorder->pid(), SIGKILL);
  EXPECT_TRUE(comes_true([&] { return is_gone(killed.program); })) << "the program outlives its recorder";

  const Recorded served = begin("service_killed", "0.3");
  ::kill(served.service, SIGKILL);
  EXPECT_EQ(served.recorder->wait().status, 0);
  EXPECT_EQ(bygone_({"replay", "service_killed"}).status, 0);

  // Nobody is left to clean up: the next service does.
  const Recorded both = begin("both_killed", "60");
  ::kill(both.recorder->pid(), SIGSTOP);  // else it starts another service
  ::kill(both.service, SIGKILL);
  ::kill(both.recorder->pid(), SIGKILL);
  EXPECT_TRUE(comes_true([&] { return is_gone(both.program) && is_gone(both.service); }));
  const auto lock = bygone_.store() / "recordings" / "both_killed.lock";
  EXPECT_TRUE(std::filesystem::exists(lock)) << "what follows proves nothing";
  ASSERT_EQ(bygone_({"record", "--name", "after", "true"}).status, 0);

  EXPECT_TRUE(comes_true([&] { return processes().empty() && odd_files().empty(); }));
  EXPECT_EQ(processes(), Names{});
  EXPECT_EQ(odd_files(), Names{});
  EXPECT_EQ(shared_memory(), Names{});
  for (const char* name : {"whole", "recorder_killed", "service_killed", "both_killed", "after"})
    EXPECT_EQ(bygone_({"verify", name}).status, 0) << name;
}

}  // namespace
}  // namespace bygone::test
