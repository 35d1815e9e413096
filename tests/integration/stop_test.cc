#include <fmt/core.h>
#include <gmock/gmock.h>

#include "tests/integration/checks.h"

namespace bygone::test {
namespace {

// Whoever stops what he has started: a service manager, timeout(1), a shell. The program says what it is
// told, and ends by itself after two seconds.
class StopTest : public testing::Test {
 protected:
  StopTest()
      : server_(scratch_.write("server",
                               "#!/bin/bash\n"
                               "for s in TERM HUP; do trap \"echo told $s\" $s; done\n"
                               "touch $1\n"
                               "for i in {1..20}; do sleep 0.1; done\n"
                               "exit 5\n")) {}

  // Starts the recorder as a job, waits until the program is up, and runs `stop`, which finds its pid in $P.
  RunResult stop_with(const std::string& name, const std::string& stop) const {
    return bygone_.bare(
        {"bash", "-c",
         fmt::format("set -m; '{}' --store '{}' record -q --name {} '{}' '{}' & P=$!; "
                     "until [ -e '{}' ]; do sleep 0.05; done; {}; wait $P; echo status $?",
                     bygone_binary().string(), bygone_.store().string(), name, server_.string(),
                     (scratch_ / name).string(), (scratch_ / name).string(), stop)});
  }

  ScratchFolder scratch_;
  std::filesystem::path server_;
  Bygone bygone_;
};

TEST_F(StopTest, SignalsToTheRecorderReachTheProgram) {
  EXPECT_EQ(stop_with("one", "kill -TERM $P; sleep 0.5; kill -HUP $P").out,
            "told TERM\ntold HUP\nstatus 5\n");
  EXPECT_EQ(bygone_.replay("one").out, "told TERM\ntold HUP\n");
}

TEST_F(StopTest, SignalsToBothAreHeardOnce) {
  EXPECT_EQ(stop_with("group", "kill -TERM -- -$P").out, "told TERM\nstatus 5\n");
}

TEST_F(StopTest, TheRecorderEndsWithWhatTheProgramHasLeftBehind) {
  const std::string left = scratch_.write("left", "#!/bin/bash\nsleep 60 & touch $1\n");
  const RunResult run = bygone_.bare(
      {"bash", "-c",
       fmt::format(
           "set -m; '{}' --store '{}' record -q --name left '{}' '{}' >/dev/null & P=$!; "
           "until [ -e '{}' ]; do sleep 0.05; done; sleep 0.5; kill -TERM $P; wait $P; echo status $?",
           bygone_binary().string(), bygone_.store().string(), left, (scratch_ / "up").string(),
           (scratch_ / "up").string())});
  EXPECT_EQ(run.out, "status 143\n");
}

// An alarm goes on over execve(2).
TEST_F(StopTest, AnAlarmIsThePrograms) {
  const RunResult run =
      bygone_.bare({"perl", "-e", "alarm 1; exec @ARGV", bygone_binary().string(), "--store",
                    bygone_.store().string(), "record", "-q", "--name", "alarm", "perl", "-e",
                    "$SIG{ALRM} = sub { print qq(rang\\n); exit 3 }; sleep 30"});
  EXPECT_EQ(run.out, "rang\n");
  EXPECT_EQ(run.status, 3);
}

TEST_F(StopTest, LimitsAreThePrograms) {
  const RunResult run = bygone_.bare(
      {"bash", "-c",
       fmt::format(
           "ulimit -Sn 10; ulimit -Sf 64; '{0}' --store '{1}' record -q --name few bash -c 'ulimit -Sn; "
           "ulimit -Sf'; "
           "ulimit -Sn hard; ulimit -Sf unlimited; '{0}' --store '{1}' record -q --name more echo more",
           bygone_binary().string(), bygone_.store().string())});
  EXPECT_EQ(run.out, "10\n64\nmore\n");
}

}  // namespace
}  // namespace bygone::test
