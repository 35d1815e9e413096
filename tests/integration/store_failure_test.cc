// What happens when the store takes no more: a file system of few MiB is filled up in the middle of a
// recording.

#include <gmock/gmock.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "tests/integration/checks.h"

namespace bygone::test {
namespace {

using testing::HasSubstr;

// A store with room for `size`, gone with the object.
class StoreFailureTest : public testing::Test {
 protected:
  void SetUp() override {
    ::mkdir(bygone_.store().c_str(), 0700);
    mounted_ = ::mount("tmpfs", bygone_.store().c_str(), "tmpfs", MS_NOSUID, "size=8m,mode=0700") == 0;
    if (!mounted_)
      GTEST_SKIP() << "NOT TESTED: a small file system cannot be mounted here (" << std::strerror(errno)
                   << ")";
    // With its files stored by a first recording, what fails is the second's own data.
    ASSERT_EQ(bygone_({"record", "--name", "before", "sh", "-c", "echo before"}).status, 0);
  }
  void TearDown() override {
    if (mounted_) ::umount2(bygone_.store().c_str(), MNT_DETACH);
  }
  // Fills the store up but for `bytes`. The service has ended by then: on its way out it copies the catalog's
  // log into the catalog, which takes room of its own.
  void leave_room(size_t bytes) const {
    for (int tries = 0; std::filesystem::exists(bygone_.store() / "service.sock"); ++tries) {
      ASSERT_LT(tries, 200) << "the service does not end";
      ::usleep(50'000);
    }
    const auto room = std::filesystem::space(bygone_.store()).available;
    if (room > bytes) std::ofstream(bygone_.store() / "filler") << std::string(room - bytes, 'x');
  }
  void expect_usable(const std::string& name, const std::string& output) {
    const RunResult verified = bygone_({"verify", name});
    EXPECT_EQ(verified.status, 0) << verified.err;
    EXPECT_THAT(bygone_({"ls"}).out, HasSubstr("store failed"));
    const RunResult replayed = bygone_({"replay", name});
    EXPECT_EQ(replayed.status, 0) << replayed.err;
    EXPECT_THAT(replayed.err, HasSubstr("without the program's end (store failed)"));
    EXPECT_EQ(replayed.out, output.substr(0, replayed.out.size()));
    EXPECT_EQ(bygone_({"query", name, "info"}).status, 0);
    EXPECT_EQ(bygone_({"verify", "before"}).status, 0);
    EXPECT_EQ(bygone_({"replay", "before"}).out, "before\n");
  }

  Bygone bygone_;
  bool mounted_ = false;
};

// Writes, reads and forks; what it reads does not compress. The store is full before the last rounds, which
// wait until a busy service must have noticed.
const std::vector<std::string> kProgram = {"sh", "-c",
                                           "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do head -c 700000 "
                                           "/dev/urandom | cksum >/dev/null; echo round $i; "
                                           "[ $i -lt 10 ] || sleep 0.3; done; "
                                           "exit 7"};
std::string whole_output() {
  std::string text;
  for (int i = 1; i <= 12; ++i) text += "round " + std::to_string(i) + "\n";
  return text;
}

TEST_F(StoreFailureTest, TheProgramIsLetGoAndRunsToItsEnd) {
  std::vector<std::string> command = {"record", "--name", "full"};
  command.insert(command.end(), kProgram.begin(), kProgram.end());
  const RunResult recorded = bygone_(command);
  EXPECT_EQ(recorded.status, 7);
  EXPECT_EQ(recorded.out, whole_output());
  EXPECT_THAT(recorded.err, HasSubstr("the disk is full"));
  EXPECT_THAT(recorded.err, HasSubstr("runs on unrecorded"));
  expect_usable("full", whole_output());
}

TEST_F(StoreFailureTest, TheProgramIsKilledIfThatIsWanted) {
  std::vector<std::string> command = {"record", "--name", "full", "--on-store-failure", "kill"};
  command.insert(command.end(), kProgram.begin(), kProgram.end());
  const RunResult recorded = bygone_(command);
  EXPECT_EQ(recorded.status, 74);
  EXPECT_LT(recorded.out.size(), whole_output().size());
  EXPECT_EQ(recorded.out, whole_output().substr(0, recorded.out.size()));
  EXPECT_THAT(recorded.err, HasSubstr("the disk is full"));
  expect_usable("full", whole_output());
}

TEST_F(StoreFailureTest, AFileThatDoesNotFitLetsTheProgramGo) {
  // Enough to begin a recording, with its database, logs and reserve; not for the interpreter.
  leave_room(2 << 20);
  // It is still there when a busy service has come to what does not fit.
  const RunResult recorded = bygone_({"record", "--name", "full", "python3", "-c",
                                      "import ctypes, ssl, time; time.sleep(3); print('all of it')"});
  EXPECT_EQ(recorded.status, 0) << recorded.err;
  EXPECT_EQ(recorded.out, "all of it\n");
  EXPECT_THAT(recorded.err, HasSubstr("runs on unrecorded"));
  expect_usable("full", "");
}

// The error shows while the program sleeps: it is not told when it wakes up, but at once.
TEST_F(StoreFailureTest, TheFailureIsToldWhileTheProgramSleeps) {
  const RunResult recorded =
      bygone_({"record", "--name", "full", "sh", "-c",
               "head -c 9000000 /dev/urandom | cksum > /dev/null; date +%s; sleep 3; date +%s"});
  EXPECT_EQ(recorded.status, 0) << recorded.err;
  EXPECT_THAT(recorded.err, HasSubstr("runs on unrecorded"));
  EXPECT_EQ(std::count(recorded.out.begin(), recorded.out.end(), '\n'), 2);
}

}  // namespace
}  // namespace bygone::test
