#include <gmock/gmock.h>

#include <fstream>

#include "tests/support/bygone.h"

namespace bygone::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kCommands[] = {"record", "replay", "query",  "sql", "ls",     "info",      "rm",
                                     "pack",   "import", "verify", "gc",  "export", "completion"};

TEST(Commands, HelpOfEachHasUsageAndExamples) {
  const Bygone bygone;
  for (const std::string command : kCommands) {
    const RunResult help = bygone({command, "--help"});
    EXPECT_EQ(help.status, 0) << command;
    EXPECT_EQ(help.err, "") << command;
    EXPECT_THAT(help.out, HasSubstr("Usage: bygone " + command));
    EXPECT_THAT(help.out, HasSubstr("Examples:\n  bygone " + command));
    EXPECT_THAT(help.out, HasSubstr("--store DIR"));
  }
}

TEST(Commands, HelpOfAllNamesCommandsAndExitStatuses) {
  const RunResult help = Bygone()({"--help"});
  EXPECT_EQ(help.status, 0);
  for (const std::string command : kCommands) EXPECT_THAT(help.out, HasSubstr("\n  " + command + " "));
  EXPECT_THAT(help.out, HasSubstr("  65 "));
  EXPECT_THAT(help.out, HasSubstr("  79 "));
}

TEST(Commands, VersionIsOneLine) {
  const RunResult version = Bygone()({"--version"});
  EXPECT_EQ(version.status, 0);
  EXPECT_THAT(version.out, testing::MatchesRegex("bygone [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

void expect_complaint(const RunResult& result, int status, const std::string& part) {
  EXPECT_EQ(result.status, status) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, StartsWith("bygone: "));
  EXPECT_THAT(result.err, HasSubstr(part));
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
}

TEST(Commands, BadCommandLinesAreExplainedInOneLine) {
  const Bygone bygone;
  expect_complaint(bygone({}), 64, "see `bygone --help`");
  expect_complaint(bygone({""}), 64, "bygone --help");
  expect_complaint(bygone({"rekord", "ls"}), 64, "rekord");
  expect_complaint(bygone({"ls", "--format", "xml"}), 64, "see `bygone ls --help`");
  expect_complaint(bygone({"ls", "--limit", "0"}), 64, "--limit");
  expect_complaint(bygone({"ls", "extra"}), 64, "extra");
  expect_complaint(bygone({"rm"}), 64, "names");
  expect_complaint(bygone({"record"}), 64, "no program");
  expect_complaint(bygone({"record", ""}), 64, "no program");
  expect_complaint(bygone({"record", "--name"}), 64, "--name");
  expect_complaint(bygone({"query"}), 64, "no phrase");
  expect_complaint(bygone({"query", ""}), 64, "empty");
  expect_complaint(bygone({"query", "mappings at evnt 3"}), 64, "did you mean 'event'?");
  expect_complaint(bygone({"sql"}), 64, "statement");
  expect_complaint(bygone({"replay", "x", "--until", "soon"}), 64, "soon");
  expect_complaint(bygone({"--store"}), 64, "--store");
}

TEST(Commands, UnknownRecordingsAreNotFound) {
  const Bygone bygone;
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"replay", "nobody"},
                                             {"info", "nobody"},
                                             {"query", "nobody", "tasks"},
                                             {"sql", "nobody", "SELECT 1"},
                                             {"rm", "nobody"},
                                             {"export", "nobody"}})
    expect_complaint(bygone(arguments), 66, "nobody");
  expect_complaint(bygone({"replay"}), 66, "no recording");
}

TEST(Commands, EmptyStoreListsNothing) {
  const Bygone bygone;
  EXPECT_EQ(bygone({"ls"}).out, "name  started  events  size_bytes  outcome  command\n");
  EXPECT_EQ(bygone({"ls", "--format", "json"}).out, "[]\n");
  EXPECT_EQ(bygone({"ls", "--format", "csv"}).out,
            "name,started,events,size_bytes,outcome,command,problem\r\n");
}

TEST(Commands, DamagedRecordingIsListedWithItsProblem) {
  const Bygone bygone;
  ASSERT_EQ(bygone({"ls"}).status, 0);
  std::ofstream(bygone.database("broken")) << "\x1b[31mthis is no database";
  const auto listed = nlohmann::json::parse(bygone({"ls", "--format", "json"}).out);
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].at("name"), "broken");
  EXPECT_TRUE(listed[0].at("events").is_null());
  EXPECT_THAT(listed[0].at("problem").get<std::string>(), HasSubstr("broken"));
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"info", "broken"}, {"query", "broken", "tasks"}, {"replay", "broken"}})
    expect_complaint(bygone(arguments), 65, "broken");
}

TEST(Commands, FullDiskIsAnError) {
  const Bygone bygone;
  RunOptions options;
  options.environment = {{"BYGONE_STORE", bygone.store()}, {"BYGONE", bygone_binary()}};
  const RunResult result = shell("\"$BYGONE\" ls > /dev/full", options);
  EXPECT_EQ(result.status, 74);
  EXPECT_EQ(result.err, "bygone: standard output: No space left on device\n");
}

TEST(Commands, ReaderThatGoesAwayIsNoError) {
  RunOptions options;
  options.environment = {{"BYGONE", bygone_binary()}};
  for (const char* trap : {"", "trap '' PIPE; "}) {
    const RunResult result =
        shell(std::string(trap) + "{ sleep 0.3; \"$BYGONE\" --help; echo $? >&2; } | true", options);
    EXPECT_EQ(result.err, "141\n") << trap;
  }
}

}  // namespace
}  // namespace bygone::test
