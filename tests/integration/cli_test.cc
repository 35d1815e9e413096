#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "tests/integration/checks.h"

namespace bygone::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class CliTest : public testing::Test {
 protected:
  nlohmann::json info(const std::string& name) {
    const auto answer = bygone_.query(name, "info");
    return answer.is_array() ? answer.at(0) : answer;
  }

  Bygone bygone_;
};

TEST_F(CliTest, StatusOfTheProgramPassesThrough) {
  EXPECT_EQ(bygone_.record("status", {"sh", "-c", "exit 67"}).status, 67);
  EXPECT_EQ(bygone_({"replay", "status"}).status, 67);
  EXPECT_EQ(bygone_.record("signal", {"sh", "-c", "kill -9 $$"}).status, 137);
  EXPECT_EQ(bygone_({"replay", "signal"}).status, 137);
}

TEST_F(CliTest, NameIsToldOnStandardError) {
  const RunResult first = bygone_({"record", "true"});
  EXPECT_EQ(first.status, 0);
  EXPECT_EQ(first.out, "");
  EXPECT_THAT(first.err, HasSubstr("true-0"));
  EXPECT_THAT(bygone_({"record", "true"}).err, HasSubstr("true-1"));
}

TEST_F(CliTest, LatestRecordingIsTheDefault) {
  bygone_.record("one", {"echo", "one"});
  bygone_.record("two", {"echo", "two"});
  EXPECT_EQ(bygone_({"replay"}).out, "two\n");
  const RunResult answer = bygone_({"query", "info", "--format", "json"});
  EXPECT_THAT(answer.out, HasSubstr("echo two"));
  EXPECT_THAT(answer.out, testing::Not(HasSubstr("echo one")));
}

TEST_F(CliTest, StoreIsChosenByOption) {
  ScratchFolder other;
  EXPECT_EQ(bygone_({"--store", other / "here", "record", "--name", "there", "true"}).status, 0);
  EXPECT_EQ(bygone_({"--store", other / "here", "replay", "there"}).status, 0);
  expect_error(bygone_({"replay", "there"}), 66, {"there"});
}

TEST_F(CliTest, RecordTakesAStoreBesideItsOwnOptions) {
  ScratchFolder other;
  EXPECT_EQ(bygone_({"record", "--name", "x", "--store", other / "here", "--", "true"}).status, 0);
  EXPECT_EQ(bygone_({"--store", other / "here", "replay", "x"}).status, 0);
}

TEST_F(CliTest, FileIsTakenInPlaceOfAName) {
  bygone_.record("one", {"echo", "one"});
  EXPECT_EQ(bygone_({"replay", bygone_.database("one")}).out, "one\n");
}

TEST_F(CliTest, ListShowsAndRmRemoves) {
  bygone_.record("gone", {"echo", "some words"});
  bygone_.record("kept", {"false"});
  EXPECT_THAT(bygone_({"ls"}).out,
              testing::AllOf(HasSubstr("gone"), HasSubstr("kept"), HasSubstr("some words")));
  EXPECT_EQ(bygone_({"rm", "gone"}).status, 0);
  EXPECT_THAT(bygone_({"ls"}).out, testing::AllOf(testing::Not(HasSubstr("gone")), HasSubstr("kept")));
  expect_error(bygone_({"rm", "gone"}), 66, {"gone"});
}

TEST_F(CliTest, InfoTellsEventsCommandAndOutcome) {
  bygone_.record("bad", {"sh", "-c", "exit 3"});
  const auto row = info("bad");
  EXPECT_GT(row.at("events").get<int>(), 10);
  EXPECT_THAT(row.at("command").dump(), HasSubstr("exit 3"));
  EXPECT_THAT(row.at("outcome").get<std::string>(), HasSubstr("3"));
}

// Events are numbered from 1 without holes; every frame names a task.
TEST_F(CliTest, FramesAreNumberedWithoutHoles) {
  bygone_.record("run", {"bash", "-c", "/bin/echo one | cat"});
  const uint64_t last = info("run").at("events").get<uint64_t>();
  const auto frames = bygone_.query("run", "frames 1.." + std::to_string(last));
  ASSERT_EQ(frames.size(), last);
  for (uint64_t i = 0; i < last; ++i) {
    EXPECT_EQ(frames[i].at("event").get<uint64_t>(), i + 1);
    EXPECT_GT(frames[i].at("task").get<int>(), 0);
    for (const char* key : {"kind", "call", "result"}) EXPECT_TRUE(frames[i].contains(key)) << key;
  }
}

TEST_F(CliTest, TasksTellWhoRan) {
  bygone_.record("run", {"bash", "-c", "/bin/true; (exit 5); kill -9 $BASHPID"});
  const auto tasks = bygone_.query("run", "tasks");
  ASSERT_EQ(tasks.size(), 3u);
  EXPECT_EQ(tasks[0].at("command"), "bash");
  EXPECT_EQ(tasks[1].at("command"), "true");
  EXPECT_EQ(tasks[2].at("command"), "bash") << "a child that execs nothing";
  for (const auto& task : tasks)
    for (const char* key : {"tid", "tgid", "parent", "first_event", "end_event", "status"})
      EXPECT_TRUE(task.contains(key)) << key;
  EXPECT_EQ(tasks[1].at("parent"), tasks[0].at("tid"));
}

TEST_F(CliTest, ReplayStopsAfterTheEventAskedFor) {
  bygone_.record("run", {"bash", "-c", "echo first; /bin/true; echo second"});
  const auto writes = bygone_.query("run", "frames where call = write");
  const std::string until = std::to_string(writes.at(0).at("event").get<uint64_t>());
  const RunResult replayed = bygone_({"replay", "run", "--until", until});
  EXPECT_EQ(replayed.status, 0) << replayed.err;
  EXPECT_EQ(replayed.out, "first\n");
}

TEST_F(CliTest, QuietReplayShowsNothing) {
  bygone_.record("run", {"sh", "-c", "echo out; echo err >&2"});
  const RunResult replayed = bygone_({"replay", "--quiet", "run"});
  EXPECT_EQ(replayed.out + replayed.err, "");
}

TEST_F(CliTest, FormatsTellTheSameRows) {
  bygone_.record("run", {"true"});
  const RunResult json = bygone_({"query", "run", "tasks", "--format", "json"});
  const RunResult csv = bygone_({"query", "run", "tasks", "--format", "csv"});
  const RunResult table = bygone_({"query", "run", "tasks", "--format", "table"});
  const std::string tid = std::to_string(nlohmann::json::parse(json.out).at(0).at("tid").get<int>());
  EXPECT_THAT(csv.out, testing::AllOf(testing::StartsWith("tid,"), HasSubstr(tid)));
  EXPECT_THAT(table.out, testing::AllOf(HasSubstr("tid"), HasSubstr(tid)));
}

TEST_F(CliTest, ColourIsForTerminals) {
  ASSERT_EQ(bygone_({"record", "--name", "here", "true"}).status, 0);
  RunOptions options;
  options.environment = {{"BYGONE_STORE", bygone_.store()}, {"BYGONE", bygone_binary()}};
  const auto on_a_terminal = [&](const std::string& before) {
    return shell("script -qec 'stty cols 100; " + before + " \"$BYGONE\" query here tasks' /dev/null",
                 options)
        .out;
  };
  EXPECT_THAT(on_a_terminal("TERM=xterm"), HasSubstr("\x1b[1mtgid"));
  EXPECT_THAT(on_a_terminal("TERM=xterm NO_COLOR=1"), Not(HasSubstr("\x1b")));
  EXPECT_THAT(on_a_terminal("TERM=dumb"), Not(HasSubstr("\x1b")));
  EXPECT_THAT(bygone_({"query", "here", "tasks"}).out, Not(HasSubstr("\x1b")));
}

// timeout(1) ends with 124 where what it ran was still there; it waits for it after the signal.
TEST_F(CliTest, CtrlCEndsAnEndlessQuestionAtOnce) {
  ASSERT_EQ(bygone_({"record", "--name", "here", "true"}).status, 0);
  RunOptions options;
  options.environment = {{"BYGONE_STORE", bygone_.store()}, {"BYGONE", bygone_binary()}};
  const auto began = std::chrono::steady_clock::now();
  const RunResult ended = shell(
      "timeout -s INT -k 20 0.3 \"$BYGONE\" sql here 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + "
      "1 "
      "FROM n) SELECT count(*) FROM n'; echo $?",
      options);
  EXPECT_EQ(ended.out, "124\n");
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(10));
}

TEST_F(CliTest, ErrorsHaveStatusesOfTheirOwn) {
  bygone_.record("run", {"true"});
  expect_error(bygone_({"query", "run", "how are you"}), 64, {"how"});
  expect_error(bygone_({"query", "run", "mappings at event soon"}), 64, {"soon"});
  expect_error(bygone_({"query", "run", "tasks", "--format", "xml"}), 64, {"xml"});
  expect_error(bygone_({"replay", "--no-such-option"}), 64);
  expect_error(bygone_({"unheard-of"}), 64);
  expect_error(bygone_({"record"}), 64);
  expect_error(bygone_({"replay", "nobody"}), 66, {"nobody"});
  expect_error(bygone_({"query", "nobody", "tasks"}), 66, {"nobody"});
  expect_error(bygone_({"replay", "/no/such/file"}), 66, {"/no/such/file"});
  expect_error(bygone_({"query", "run", "mappings at event 999999"}), 66, {"999999"});
  expect_error(bygone_({"replay", "run", "--until", "999999"}), 66, {"999999"});
  expect_error(bygone_({"query", "run", "mappings of 1 at event 3"}), 66, {"1"});
  expect_error(bygone_({"record", "no-such-program-anywhere"}), 127, {"no-such-program-anywhere"});
  expect_error(bygone_({"record", "/etc/passwd"}), 126, {"/etc/passwd"});
}

// Whether the kernel here knows such programs does not matter.
TEST_F(CliTest, A32BitProgramIsRefusedAndTheRestIsRecorded) {
  ScratchFolder folder;
  std::string header(
      "\x7f"
      "ELF\x01\x01\x01",
      7);
  header.resize(52, '\0');
  header[16] = 2;  // ET_EXEC
  header[18] = 3;  // EM_386
  for (const auto& [name, content] :
       {std::pair{"old", header}, {"script", "#! " + (folder / "old").string() + "\n"}}) {
    const std::string path = folder.write(name, content);
    EXPECT_EQ(chmod(path.c_str(), 0755), 0);
    expect_error(bygone_({"record", path}), 126, {path, "32-bit"});
    const RunResult run = bygone_.record(name, {"sh", "-c", path + "; echo went on"});
    EXPECT_EQ(run.out, "went on\n");
    EXPECT_THAT(bygone_.query(name, "uncaptured").dump(), HasSubstr("32-bit program"));
    EXPECT_EQ(bygone_({"replay", name}).out, "went on\n");
  }
}

TEST_F(CliTest, NameInUseIsRefusedBeforeTheProgramRuns) {
  bygone_.record("run", {"true"});
  const RunResult again = bygone_({"record", "--name", "run", "echo", "ran"});
  EXPECT_NE(again.status, 0);
  EXPECT_EQ(again.out, "");
  EXPECT_THAT(again.err, HasSubstr("run"));
}

TEST_F(CliTest, EmptyStoreHasNothingToReplay) {
  expect_error(bygone_({"replay"}), 66);
}

TEST_F(CliTest, HelpGoesToStandardOutputWithExamples) {
  for (const char* command : {"record", "replay", "query", "ls", "rm", "info"}) {
    const RunResult help = bygone_({command, "--help"});
    EXPECT_EQ(help.status, 0) << command;
    EXPECT_EQ(help.err, "") << command;
    EXPECT_THAT(help.out, HasSubstr(std::string("bygone ") + command));
  }
  EXPECT_EQ(bygone_({"--help"}).status, 0);
  EXPECT_EQ(bygone_({"--version"}).status, 0);
}

// No progress, colours or control characters where standard error is no terminal.
TEST_F(CliTest, StandardErrorIsPlainWhereItIsNoTerminal) {
  const RunResult recorded = bygone_({"record", "--name", "run", "ls", "-lR", "/usr/include/linux"});
  const RunResult replayed = bygone_({"replay", "run"});
  for (const RunResult& result : {recorded, replayed}) {
    EXPECT_EQ(result.err.find('\r'), std::string::npos);
    EXPECT_EQ(result.err.find('\033'), std::string::npos);
  }
}

TEST_F(CliTest, AnswersArriveWhileTheRecordingIsRunning) {
  RunOptions options;
  options.environment = {{"BYGONE_STORE", bygone_.store()}};
  ProcessRun recording({bygone_binary(), "record", "--name", "live", "--", "bash", "-c",
                        "for i in {1..100}; do /bin/true; done; exec sleep 1000"},
                       options);
  ASSERT_GT(find_descendant(recording.pid(), "sleep"), 0);
  // The first commit waits for the files the program maps.
  for (int i = 0; i < 500 && info("live").at("events").get<int>() <= 100; ++i) ::usleep(20'000);
  EXPECT_GT(info("live").at("events").get<int>(), 100);
  EXPECT_GT(bygone_.query("live", "tasks").size(), 10u);
  expect_error(bygone_({"rm", "live"}), bygone_({"rm", "live"}).status, {"live"});
  EXPECT_NE(bygone_({"rm", "live"}).status, 0);
}

TEST_F(CliTest, ReplayFollowsARecordingInProgress) {
  ProcessRun recording({bygone_binary(), "--store", bygone_.store(), "record", "--name", "live", "sh", "-c",
                        "for i in 1 2 3 4 5; do echo $i; sleep 0.4; done; exit 9"},
                       {});
  for (int i = 0; i < 200 && bygone_({"info", "live"}).status != 0; ++i) ::usleep(20'000);
  const RunResult followed = bygone_({"replay", "--follow", "live"});
  EXPECT_EQ(followed.status, 9) << followed.err;
  EXPECT_EQ(followed.out, "1\n2\n3\n4\n5\n");
  EXPECT_EQ(recording.wait().status, 9);
  EXPECT_EQ(bygone_({"replay", "--follow", "live"}).out, followed.out) << "one that is over ends as ever";
}

// What the process has mapped when it waits is replayed before the recording knows what it maps next.
TEST_F(CliTest, ReplayFollowsMappingsThatComeLater) {
  ScratchFolder folder;
  const std::string pipe = folder / "pipe", shown = folder / "shown";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const std::string bygone = bygone_binary().string() + " --store " + bygone_.store().string();
  ProcessRun recording({"sh", "-c",
                        bygone + " record --name live sh -c 'echo 1; read x <" + pipe +
                            "; y=$(head -c 400000 /dev/zero | tr \"\\0\" y); echo ${#y}; exit 9'"},
                       {});
  for (int i = 0; i < 500 && bygone_({"info", "live"}).status != 0; ++i) ::usleep(20'000);
  ProcessRun following({"sh", "-c", bygone + " replay --follow live >" + shown}, {});
  for (int i = 0; i < 500 && read_file(shown) != "1\n"; ++i) ::usleep(20'000);
  const int writer = ::open(pipe.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::write(writer, "go on\n", 6), 6);
  EXPECT_EQ(recording.wait().out, "1\n400000\n");
  ::close(writer);
  const RunResult followed = following.wait();
  EXPECT_EQ(followed.status, 9) << followed.err;
  EXPECT_EQ(read_file(shown), "1\n400000\n");
}

// The recorder's waits are interrupted when its service is gone; what it does to the program meanwhile, at an
// exec or where a handler begins, has to be brought to its end all the same.
TEST_F(CliTest, RecordingIsNotDisturbedWhereWaitsAreInterrupted) {
  // Alarms before the first sleep or behind the last would find a recorder that does not wait for them.
  ProcessRun recording(
      {bygone_binary(), "--store", bygone_.store(), "record", "--name", "alarmed", "sh", "-c",
       "trap : USR1; sleep 0.1; for i in 1 2 3 4 5 6 7 8 9 10 11 12; do /bin/true; kill -USR1 $$; "
       "done; echo through; perl -e 'select undef, undef, undef, 0.2'"},
      {});
  const pid_t recorder = recording.pid();
  ASSERT_NE(find_descendant(recorder, "sleep"), 0);
  {
    const std::jthread alarms([recorder](const std::stop_token& stop) {
      while (!stop.stop_requested() && ::kill(recorder, SIGALRM) == 0) ::usleep(100);
    });
    ASSERT_NE(find_descendant(recorder, "perl"), 0);
  }
  const RunResult recorded = recording.wait();
  EXPECT_EQ(recorded.status, 0) << recorded.err;
  EXPECT_EQ(recorded.out, "through\n");
  const RunResult replayed = bygone_({"replay", "--check", "alarmed"});
  EXPECT_EQ(replayed.status, 0) << replayed.err;
  EXPECT_EQ(replayed.out, "through\n");
}

TEST_F(CliTest, RecordSyncsAndSizesItsRing) {
  EXPECT_EQ(bygone_({"record", "--name", "durable", "--durable", "--ring-size", "8MiB", "echo", "x"}).status,
            0);
  EXPECT_EQ(bygone_({"replay", "durable"}).out, "x\n");
  expect_error(bygone_({"record", "--ring-size", "1KiB", "true"}), 64, {"--ring-size"});
}

}  // namespace
}  // namespace bygone::test
