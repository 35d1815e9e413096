#include <fmt/core.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include "tests/integration/checks.h"

namespace bygone::test {
namespace {

using testing::HasSubstr;

// As root is in most containers: without CAP_SYS_PTRACE, which lets one look at processes of others.
class RightsTest : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root, to record as root with fewer rights";
  }

  RunResult record(const std::string& name, const std::string& command) const {
    return bygone_.bare({"setpriv", "--bounding-set", "-sys_ptrace", "--inh-caps", "-sys_ptrace",
                         bygone_binary(), "--store", bygone_.store(), "record", "-q", "--check", "--name",
                         name, "sh", "-c", command});
  }

  Bygone bygone_;
};

TEST_F(RightsTest, WhoChangesItsUserIsRecorded) {
  const RunResult run =
      record("user", "setpriv --reuid 65534 --regid 65534 --clear-groups sh -c 'id -u; echo $(id -g)'");
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out, "65534\n65534\n");
  EXPECT_EQ(bygone_.replay("user").out, run.out);
}

TEST_F(RightsTest, ChildrenOfWhoChangesItsUserAreRecorded) {
  const RunResult run = record(
      "fork",
      "perl -e '$| = 1; pipe(R, W); if (!fork) { $( = $) = 65534; $< = $> = 65534; "
      "if (!fork) { syswrite(W, qq(from the child of $<\\n)); exit } wait; exit } wait; print scalar <R>'");
  EXPECT_EQ(run.out, "from the child of 65534\n") << run.err;
  EXPECT_EQ(bygone_.replay("fork").out, run.out);
}

TEST_F(RightsTest, HidingIsPlayed) {
  const RunResult run =
      bygone_.bare({"setpriv", "--bounding-set", "-sys_ptrace", "--inh-caps", "-sys_ptrace", bygone_binary(),
                    "--store", bygone_.store(), "record", "-q", "--check", "--name", "hidden", "perl", "-e",
                    "syscall(157, 4, 0); print syscall(157, 3), qq(\\n); syscall(157, 4, 1); "
                    "print syscall(157, 3), qq(\\n)"});
  EXPECT_EQ(run.out, "0\n1\n") << run.err;
  EXPECT_EQ(bygone_.replay("hidden").out, run.out);
}

TEST_F(RightsTest, AProgramThatMayNotBeReadIsRefused) {
  ScratchFolder folder;
  EXPECT_EQ(chmod(folder.path().c_str(), 0755), 0);
  std::filesystem::copy_file("/bin/true", folder / "unread");
  EXPECT_EQ(chmod((folder / "unread").c_str(), 0711), 0);
  const RunResult run = record(
      "unread",
      fmt::format("setpriv --reuid 65534 --clear-groups sh -c '{}; echo $?'", (folder / "unread").string()));
  EXPECT_EQ(run.out, "126\n");
  EXPECT_THAT(bygone_.query("unread", "uncaptured").dump(), HasSubstr("unreadable program"));
  EXPECT_EQ(bygone_.replay("unread").out, run.out);
}

}  // namespace
}  // namespace bygone::test
