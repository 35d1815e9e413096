#include <fmt/core.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include "tests/integration/checks.h"

namespace bygone::test {
namespace {

// A program with a private library, a data file and a script that runs it, in a folder that can go away.
class TravelTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(home());
    scratch_.write(
        "home/count.c",
        "int count(const char* text) { int n = 0; while (*text) n += *text++ == 'e'; return n; }\n");
    scratch_.write("home/main.c",
                   "#include <stdio.h>\n#include <time.h>\n#include <unistd.h>\n"
                   "int count(const char*);\n"
                   "int main(void) {\n"
                   "  char text[100] = \"\";\n"
                   "  FILE* file = fopen(\"data.txt\", \"r\");\n"
                   "  if (!file || !fgets(text, sizeof text, file)) return 1;\n"
                   "  printf(\"%d counts %d in %s at %ld, code %p\\n\", getpid(), count(text), text,\n"
                   "         (long)time(NULL), (void*)main);\n"
                   "  return 0;\n}\n");
    scratch_.write("home/data.txt", "these are the letters");
    scratch_.write("home/run.sh",
                   "#!/bin/bash\ncd \"$(dirname \"$0\")\"\n./counter; ./counter | rev\necho in $PWD\n");
    compile("main.c");
  }

  std::filesystem::path home() const { return scratch_ / "home"; }

  void compile(const std::string& source) {
    RunOptions options;
    options.directory = home();
    const RunResult built = shell("gcc -shared -fPIC -O1 -o libcount.so count.c && gcc -O1 -o counter " +
                                      source + " -L. -lcount -Wl,-rpath,'$ORIGIN'",
                                  options);
    ASSERT_EQ(built.status, 0) << built.err;
  }

  RunResult record(const std::string& name) {
    RunOptions options;
    options.directory = home();
    RunResult recorded = bygone_.record(name, {home() / "run.sh"}, options);
    EXPECT_EQ(recorded.status, 0) << bygone_.notices() << recorded.err;
    EXPECT_THAT(recorded.out, testing::HasSubstr("counts 6 in these are the letters"));
    return recorded;
  }

  ScratchFolder scratch_;
  Bygone bygone_;
};

TEST_F(TravelTest, ReplaysWhereEverythingWasDeleted) {
  const RunResult recorded = record("run");
  std::filesystem::remove_all(home());
  expect_same(recorded, bygone_.replay("run"));
}

TEST_F(TravelTest, ReplaysWhereExecutableAndLibraryWereRebuiltDifferently) {
  const RunResult recorded = record("run");
  scratch_.write("home/count.c",
                 "int spare[9999]; int count(const char* text) { return spare[*text & 1] - 1; }\n");
  scratch_.write("home/other.c",
                 "#include <stdio.h>\nint main(void) { puts(\"something else\"); return 9; }\n");
  scratch_.write("home/data.txt", "x");
  scratch_.write("home/run.sh", "#!/bin/false\n");
  compile("other.c");
  expect_same(recorded, bygone_.replay("run"));
}

TEST_F(TravelTest, ReplaysFromAnotherWorkingDirectoryAndEnvironment) {
  const RunResult recorded = record("run");
  RunOptions options;
  options.directory = "/";
  options.environment = {{"LD_LIBRARY_PATH", "/nonexistent"}, {"TZ", "Asia/Kathmandu"}, {"LD_BIND_NOW", "1"}};
  expect_same(recorded, bygone_.replay("run", options));
}

TEST_F(TravelTest, ReplaysFromAStoreThatWasMoved) {
  const RunResult recorded = record("run");
  std::filesystem::remove_all(home());
  std::filesystem::rename(bygone_.store(), scratch_ / "moved");
  RunResult replayed = bygone_({"--store", scratch_ / "moved", "replay", "--check", "run"});
  const std::string notices = take_notices(replayed.err);
  expect_same(recorded, replayed);
  EXPECT_NE(replayed.status, 64) << notices;
}

// Two recordings share what they mapped; each must go on working without the other.
TEST_F(TravelTest, ReplaysAfterAnotherRecordingOfTheSameProgramWasRemoved) {
  const RunResult first = record("first");
  const RunResult second = record("second");
  EXPECT_EQ(bygone_({"rm", "first"}).status, 0);
  std::filesystem::remove_all(home());
  expect_same(second, bygone_.replay("second"));
  expect_error(bygone_({"replay", "first"}), 66, {"first"});
}

// A tree with bygone, the libraries it is linked with, /proc and the store, and nothing else.
TEST_F(TravelTest, ReplaysWhereEverythingElseIsHidden) {
  const RunResult recorded = record("run");
  const char* as_root = geteuid() == 0 ? "unshare --mount" : "unshare --user --map-root-user --mount";
  if (shell(std::string(as_root) + " true").status != 0)
    GTEST_SKIP() << "this machine allows no mount namespaces";
  const std::string tree = scratch_ / "tree";
  const std::string script = fmt::format(
      "set -e\n"
      "mkdir -p {0}/proc {0}/store {0}/bin\n"
      "cp {1} {0}/bin/bygone\n"
      "ldd {1} | grep -o '/[^ ]*' | while read -r library; do\n"
      "  mkdir -p {0}$(dirname $library); cp -L $library {0}$library; done\n"
      "cp -a {2}/. {0}/store\n"
      "mount --rbind /proc {0}/proc\n"
      "exec chroot {0} /bin/bygone --store /store replay --check run\n",
      tree, bygone_binary().string(), bygone_.store().string());
  scratch_.write("hide.sh", "#!/bin/bash\n" + script);
  std::filesystem::remove_all(home());
  RunResult replayed =
      shell(std::string(as_root) + " --propagation private " + (scratch_ / "hide.sh").string());
  const std::string notices = take_notices(replayed.err);
  expect_same(recorded, replayed);
  EXPECT_EQ(replayed.status, 0) << notices << replayed.err;
}

// Real programs whose files all were temporary.
TEST_F(TravelTest, CompilerReplaysWithoutItsInputs) {
  scratch_.write("home/hello.c", "#include <stdio.h>\nint main(void) { puts(\"hello\"); return 0; }\n");
  RunOptions options;
  options.directory = home();
  const RunResult recorded = bygone_.record("gcc", {"gcc", "-v", "-O2", "-o", "hello", "hello.c"}, options);
  ASSERT_EQ(recorded.status, 0) << bygone_.notices();
  std::filesystem::remove_all(home());
  expect_same(recorded, bygone_.replay("gcc"));
  EXPECT_FALSE(std::filesystem::exists(home() / "hello"));
}

// Nothing a replayed program does reaches the file system.
TEST_F(TravelTest, ReplayWritesNothing) {
  RunOptions options;
  options.directory = home();
  const RunResult recorded =
      bygone_.record("run", {"bash", "-c", "echo one >made; mkdir folder; rm data.txt; ls"}, options);
  ASSERT_EQ(recorded.status, 0);
  std::filesystem::remove_all(home() / "folder");
  std::filesystem::remove(home() / "made");
  scratch_.write("home/data.txt", "back");
  expect_same(recorded, bygone_.replay("run", options));
  EXPECT_FALSE(std::filesystem::exists(home() / "made"));
  EXPECT_FALSE(std::filesystem::exists(home() / "folder"));
  EXPECT_EQ(read_file(home() / "data.txt"), "back");
}

}  // namespace
}  // namespace bygone::test
