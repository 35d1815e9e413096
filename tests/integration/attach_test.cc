#include <fmt/core.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "tests/integration/checks.h"

namespace bygone::test {
namespace {

using testing::HasSubstr;

void wait_for_threads(pid_t process, size_t count) {
  const std::filesystem::path tasks = fmt::format("/proc/{}/task", process);
  for (int i = 0; i < 500; ++i) {
    std::error_code error;
    const auto found = std::distance(std::filesystem::directory_iterator(tasks, error), {});
    if (size_t(found) >= count) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

// Until the recorder has written its first events down.
void wait_for_events(const Bygone& bygone, const std::string& name) {
  for (int i = 0; i < 200; ++i) {
    const RunResult count = bygone({"sql", name, "SELECT count(*) > 0 FROM frame", "--format", "csv"});
    if (count.out.ends_with("1\r\n")) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

std::string processors_of(pid_t process) {
  const std::string status = read_file(fmt::format("/proc/{}/status", process));
  const size_t line = status.find("Cpus_allowed:");
  return line == std::string::npos ? "" : status.substr(line, status.find('\n', line) - line);
}

void wait_for_program(pid_t process, const std::string& command) {
  const std::string comm = fmt::format("/proc/{}/comm", process);
  for (int i = 0; i < 1000 && read_file(comm) != command + "\n"; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

TEST(AttachTest, RecordsAProcessThatRunsAlreadyAndLetsItRunOn) {
  Bygone bygone;
  ProcessRun target({program("busy_threads"), "3"}, {});
  wait_for_threads(target.pid(), 4);
  for (const char* name : {"first", "second"}) {
    const RunResult recorded = bygone(
        {"record", "--check", "--name", name, "--duration", "0.3", "--pid", std::to_string(target.pid())});
    ASSERT_EQ(recorded.status, 0) << recorded.err;
    EXPECT_THAT(recorded.err, HasSubstr(fmt::format("process {} runs on", target.pid())));
  }
  EXPECT_EQ(read_file(fmt::format("/proc/{}/maps", target.pid())).find("70000000-"), std::string::npos);
  const RunResult ended = target.wait();
  EXPECT_EQ(ended.status, 0);
  EXPECT_EQ(ended.out, "all counted\n");
  for (const char* name : {"first", "second"}) {
    const RunResult replayed = bygone.replay(name);
    EXPECT_EQ(replayed.status, 0) << bygone.notices();
    EXPECT_THAT(bygone.notices(), HasSubstr("(detached)"));
    const RunResult verified = bygone({"verify", "--replay", name});
    EXPECT_EQ(verified.status, 0) << verified.err;
  }
  EXPECT_EQ(bygone.query("first", "tasks at event 4").size(), 4u);
  // The threads are taken one after the other, and all stand as they will when the last one is.
  EXPECT_EQ(bygone.query("first", "first event").at(0).at("event"), 1);
  EXPECT_EQ(bygone.query("first", "mappings at event 1"), bygone.query("first", "mappings at event 4"));
  EXPECT_EQ(bygone({"replay", "-q", "first", "--at", "2", "--until", "5"}).status, 0);
}

TEST(AttachTest, TakesTheDescendantsAlongWhereThatIsWanted) {
  Bygone bygone;
  ProcessRun target({program("busy_tree"), "4"}, {});
  ASSERT_NE(find_descendant(target.pid(), "busy_tree"), 0);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const std::string pid = std::to_string(target.pid());
  for (const char* name : {"first", "second"}) {
    const RunResult recorded =
        bygone({"record", "--check", "--descendants", "--name", name, "--duration", "0.3", "--pid", pid});
    ASSERT_EQ(recorded.status, 0) << recorded.err;
    // The five that last, and whichever of their short-lived children lived just then.
    const std::string first = bygone.query(name, "info").at("first_event").get<std::string>();
    EXPECT_GE(bygone.query(name, fmt::format("tasks at event {}", first)).size(), 5u);
  }
  const RunResult alone = bygone({"record", "--name", "alone", "--duration", "0.1", "--pid", pid});
  ASSERT_EQ(alone.status, 0) << alone.err;
  EXPECT_EQ(bygone.query("alone", "tasks").size(), 1u);
  const RunResult ended = target.wait();
  EXPECT_EQ(ended.status, 0);
  EXPECT_EQ(ended.out, "all counted\n");
  for (const char* name : {"first", "second", "alone"}) {
    const RunResult replayed = bygone.replay(name);
    EXPECT_EQ(replayed.status, 0) << bygone.notices();
    const RunResult verified = bygone({"verify", "--replay", name});
    EXPECT_EQ(verified.status, 0) << verified.err;
  }
}

// What the recorder changed in its process a child made meanwhile has too.
TEST(AttachTest, LeavesChildrenThatWereMadeMeanwhileAsTheyWouldBe) {
  Bygone bygone;
  ScratchFolder folder;
  const std::string go = folder / "go";
  ProcessRun target(
      {"/usr/bin/python3", "-c",
       "import os, time\nwhile not os.path.exists('" + go +
           "'): time.sleep(0.02)\nif os.fork() == 0:\n while True: time.sleep(0.05)\nos.wait()"},
      {});
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  ProcessRun recorder({bygone_binary(), "--store", bygone.store(), "record", "--name", "run", "--duration",
                       "1.2", "--pid", std::to_string(target.pid())},
                      {});
  wait_for_events(bygone, "run");
  std::ofstream(go) << "go";
  const RunResult recorded = recorder.wait();
  ASSERT_EQ(recorded.status, 0) << recorded.err;
  const pid_t child = find_descendant(target.pid(), "python3");
  ASSERT_NE(child, 0);
  EXPECT_EQ(read_file(fmt::format("/proc/{}/maps", child)).find("70000000-"), std::string::npos);
  kill(child, SIGTERM);
  target.wait();
  EXPECT_EQ(bygone.replay("run").status, 0) << bygone.notices();
}

TEST(AttachTest, LeavesNothingInAProgramExecutedMeanwhile) {
  Bygone bygone;
  ScratchFolder folder;
  const std::string go = folder / "go";
  ProcessRun target(
      {"sh", "-c", "while ! [ -e " + go + " ]; do sleep 0.02; done; (sleep 8; :) & exec sleep 9"}, {});
  wait_for_program(target.pid(), "sh");
  const std::string processors = processors_of(target.pid());
  ProcessRun recorder({bygone_binary(), "--store", bygone.store(), "record", "--name", "run", "--pid",
                       std::to_string(target.pid())},
                      {});
  wait_for_events(bygone, "run");
  std::ofstream(go) << "go";
  wait_for_program(target.pid(), "sleep");
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  kill(recorder.pid(), SIGINT);
  const RunResult recorded = recorder.wait();
  ASSERT_EQ(recorded.status, 0) << recorded.err;
  const pid_t child = find_descendant(target.pid(), "sleep");
  ASSERT_NE(child, 0);
  for (const pid_t pid : {pid_t(target.pid()), child}) {
    EXPECT_EQ(read_file(fmt::format("/proc/{}/maps", pid)).find("70000000-"), std::string::npos);
    EXPECT_EQ(processors_of(pid), processors);
    kill(pid, SIGTERM);
  }
  target.wait();
  EXPECT_EQ(bygone.replay("run").status, 0) << bygone.notices();
}

TEST(AttachTest, EndsWhileAParentSleepsInVfork) {
  Bygone bygone;
  ProcessRun target({program("vfork_slow"), "6"}, {});
  ASSERT_NE(find_descendant(target.pid(), "vfork_slow"), 0);
  for (const char* name : {"first", "second", "third"}) {
    const RunResult recorded =
        bygone({"record", "--name", name, "--duration", "0.3", "--pid", std::to_string(target.pid())});
    ASSERT_EQ(recorded.status, 0) << recorded.err;
  }
  EXPECT_EQ(read_file(fmt::format("/proc/{}/maps", target.pid())).find("70000000-"), std::string::npos);
  EXPECT_EQ(target.wait().status, 0);
  for (const char* name : {"first", "second", "third"})
    EXPECT_EQ(bygone.replay(name).status, 0) << bygone.notices();
}

TEST(AttachTest, NeitherLosesNorReordersSignals) {
  Bygone bygone;
  ProcessRun target({program("queued_signals"), "0"}, {});
  ASSERT_NE(find_descendant(target.pid(), "queued_signals"), 0);
  for (const char* name : {"first", "second"}) {
    const RunResult recorded =
        bygone({"record", "--name", name, "--duration", "0.1", "--pid", std::to_string(target.pid())});
    ASSERT_EQ(recorded.status, 0) << recorded.err;
  }
  kill(target.pid(), SIGTERM);
  const RunResult ended = target.wait();
  EXPECT_EQ(ended.status, 0);
  EXPECT_EQ(ended.out, "all in order\n");
  for (const char* name : {"first", "second"}) EXPECT_EQ(bygone.replay(name).status, 0) << bygone.notices();
}

// The signal it waits for arrives while the recorder holds it.
TEST(AttachTest, LetsACallEndWithTheSignalItWaitsFor) {
  Bygone bygone;
  ProcessRun target({program("pause_for_timer"), "900"}, {});
  wait_for_program(target.pid(), "pause_for_timer");
  constexpr int kAttached = 6;
  for (int i = 0; i < kAttached; ++i) {
    const std::string name = fmt::format("run{}", i);
    const RunResult recorded = bygone(
        {"record", "--check", "--name", name, "--duration", "50ms", "--pid", std::to_string(target.pid())});
    ASSERT_EQ(recorded.status, 0) << recorded.err;
    EXPECT_EQ(bygone.replay(name).status, 0) << bygone.notices();
  }
  const RunResult ended = target.wait();
  EXPECT_EQ(ended.status, 0) << ended.err;
  // Now and then one really comes before the pause.
  EXPECT_LT(std::atoi(ended.out.c_str()), kAttached / 2);
}

TEST(AttachTest, EndsByCtrlC) {
  Bygone bygone;
  ProcessRun target({program("busy_threads"), "2"}, {});
  wait_for_threads(target.pid(), 4);
  ProcessRun recorder({bygone_binary(), "--store", bygone.store(), "record", "--name", "run", "--pid",
                       std::to_string(target.pid())},
                      {});
  wait_for_events(bygone, "run");
  kill(recorder.pid(), SIGINT);
  const RunResult recorded = recorder.wait();
  EXPECT_EQ(recorded.status, 0) << recorded.err;
  EXPECT_THAT(recorded.err, HasSubstr("runs on"));
  EXPECT_EQ(target.wait().out, "all counted\n");
}

TEST(AttachTest, FollowsAProcessToItsEnd) {
  Bygone bygone;
  ProcessRun target({program("busy_threads"), "0.6"}, {});
  wait_for_threads(target.pid(), 4);
  const RunResult recorded =
      bygone({"record", "--check", "--name", "run", "--pid", std::to_string(target.pid())});
  EXPECT_EQ(recorded.status, 0) << recorded.err;
  EXPECT_EQ(target.wait().status, 0);
  const RunResult replayed = bygone.replay("run");
  EXPECT_EQ(replayed.status, 0) << bygone.notices();
  EXPECT_EQ(bygone.query("run", "tasks").at(0).at("status"), "exited 0");
}

TEST(AttachTest, SaysWhyAProcessCannotBeRecorded) {
  Bygone bygone;
  expect_error(bygone({"record", "--pid", "999999999"}), 66, {"process 999999999", "there is none"});
  expect_error(bygone({"record", "--pid", "1", "ls"}), 64, {"exclude each other"});
  expect_error(bygone({"record", "--duration", "0", "--pid", "1"}), 64, {"--duration"});
  ProcessRun stopped({program("busy_threads"), "1"}, {});
  kill(stopped.pid(), SIGSTOP);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  expect_error(bygone({"record", "--pid", std::to_string(stopped.pid())}), 69, {"is stopped", "kill -CONT"});
  kill(stopped.pid(), SIGCONT);
  EXPECT_EQ(stopped.wait().status, 0);
}

}  // namespace
}  // namespace bygone::test
