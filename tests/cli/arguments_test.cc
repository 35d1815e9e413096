#include <gmock/gmock.h>

#include "cli/exit_status.h"
#include "cli/phrase_arguments.h"
#include "cli/program_arguments.h"
#include "cli/progress.h"

namespace bygone::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Words = std::vector<std::string>;

class TakeProgram : public testing::Test {
 protected:
  TakeProgram() {
    root_.add_option("--store", store_);
    CLI::App* record = root_.add_subcommand("record");
    record->add_option("-n,--name", name_);
    record->add_flag("--check", check_);
    root_.add_subcommand("replay");
  }
  // What is taken, and what is left in `rest_`.
  Words take(Words arguments) {
    rest_ = std::move(arguments);
    return take_program(root_, "record", rest_);
  }

  CLI::App root_;
  std::string store_, name_;
  bool check_ = false;
  Words rest_;
};

TEST_F(TakeProgram, OptionsOfTheProgramAreNotOurs) {
  EXPECT_THAT(take({"record", "ls", "-l", "--name", "x"}), ElementsAre("ls", "-l", "--name", "x"));
  EXPECT_THAT(rest_, ElementsAre("record"));
}

TEST_F(TakeProgram, OurOptionsComeFirst) {
  EXPECT_THAT(take({"record", "--name", "x", "--check", "ls", "--check"}), ElementsAre("ls", "--check"));
  EXPECT_THAT(rest_, ElementsAre("record", "--name", "x", "--check"));
  EXPECT_THAT(take({"record", "--name=x", "ls"}), ElementsAre("ls"));
  EXPECT_THAT(take({"record", "-n", "x", "ls"}), ElementsAre("ls"));
  EXPECT_THAT(take({"--store", "record", "record", "ls"}), ElementsAre("ls"));
  EXPECT_THAT(rest_, ElementsAre("--store", "record", "record"));
}

TEST_F(TakeProgram, TwoDashesEndOurOptions) {
  EXPECT_THAT(take({"record", "--", "--name", "x"}), ElementsAre("--name", "x"));
  EXPECT_THAT(take({"record", "ls", "--", "x"}), ElementsAre("ls", "--", "x"));
  EXPECT_THAT(take({"record", "--"}), IsEmpty());
  EXPECT_THAT(rest_, ElementsAre("record"));
}

TEST_F(TakeProgram, OtherCommandsKeepTheirArguments) {
  EXPECT_THAT(take({"replay", "record", "x"}), IsEmpty());
  EXPECT_THAT(rest_, ElementsAre("replay", "record", "x"));
  EXPECT_THAT(take({}), IsEmpty());
  EXPECT_THAT(take({"--", "record", "x"}), IsEmpty());
  EXPECT_THAT(take({"record", "--unknown"}), IsEmpty());
  EXPECT_THAT(rest_, ElementsAre("record", "--unknown"));
}

void expect_split(const Words& words, const std::string& recording, const std::string& phrase) {
  const auto split = phrase_arguments(words);
  ASSERT_TRUE(split);
  EXPECT_EQ(split->recording, recording) << testing::PrintToString(words);
  EXPECT_EQ(split->phrase, phrase) << testing::PrintToString(words);
}

TEST(PhraseArguments, OneIsThePhraseTwoAreRecordingAndPhrase) {
  expect_split({"mappings at event 3"}, "", "mappings at event 3");
  expect_split({"ls-0", "mappings at event 3"}, "ls-0", "mappings at event 3");
  expect_split({"tasks", "tasks"}, "tasks", "tasks");
  expect_split({"nobody", "how are you"}, "nobody", "how are you");
}

TEST(PhraseArguments, PhrasesNeedNoQuotes) {
  expect_split({"frames", "1..5"}, "", "frames 1..5");
  expect_split({"mappings", "at", "event", "3"}, "", "mappings at event 3");
  expect_split({"ls-0", "mappings", "at", "event", "3"}, "ls-0", "mappings at event 3");
}

TEST(PhraseArguments, NothingIsAnError) {
  const auto split = phrase_arguments({});
  ASSERT_FALSE(split);
  EXPECT_EQ(split.error().kind, ErrorKind::usage);
}

TEST(ExitStatus, OfProgramsIsWhatShellsShow) {
  EXPECT_EQ(exit_status_of_program(0), 0);
  EXPECT_EQ(exit_status_of_program(67 << 8), 67);
  EXPECT_EQ(exit_status_of_program(9), 137);
  EXPECT_EQ(exit_status_of_program(11 | 0x80), 139);
}

TEST(ExitStatus, OfEveryErrorIsItsOwn) {
  EXPECT_EQ(int(exit_status_of(ErrorKind::usage)), 64);
  EXPECT_EQ(int(exit_status_of(ErrorKind::bad_data)), 65);
  EXPECT_EQ(int(exit_status_of(ErrorKind::not_found)), 66);
  EXPECT_EQ(int(exit_status_of(ErrorKind::divergence)), 79);
  EXPECT_EQ(int(exit_status_of(ErrorKind::no_program)), 127);
  for (const ErrorKind kind :
       {ErrorKind::usage, ErrorKind::bad_data, ErrorKind::not_found, ErrorKind::unavailable,
        ErrorKind::internal, ErrorKind::cannot_create, ErrorKind::io, ErrorKind::no_permission,
        ErrorKind::divergence, ErrorKind::not_executable, ErrorKind::no_program})
    EXPECT_THAT(exit_status_help(),
                testing::HasSubstr("  " + std::to_string(int(exit_status_of(kind))) + " "));
}

TEST(Progress, TellsShareRateAndWhatIsLeft) {
  EXPECT_EQ(progress_text(2500, 10'000, 4'000'000, 2.0),
            " 25%  2500/10000 events  1250 events/s  500.0 kB/s of 4.0 MB  6 s left");
  EXPECT_EQ(progress_text(10, 10, 1000, 1.0), "100%  10/10 events  10 events/s  1.0 kB/s of 1.0 kB");
  EXPECT_THAT(progress_text(0, 0, 0, 0.0), testing::StartsWith("100%"));
}

}  // namespace
}  // namespace bygone::cli
