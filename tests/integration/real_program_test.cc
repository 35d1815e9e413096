#include <gmock/gmock.h>

#include <ostream>
#include <thread>

#include "tests/integration/checks.h"

namespace bygone::test {
namespace {

// A command as people run it, in a folder of its own that `prepare` (a shell script) fills.
struct RealProgram {
  const char* name;
  std::vector<std::string> argv;
  int status = 0;
  const char* prepare = "";
};

std::vector<std::string> bash(const char* script) {
  return {"bash", "-c", script};
}

const char kGitSetup[] =
    "git init -q . && git config user.name T && git config user.email t@example.org && "
    "for i in 1 2 3; do echo $i >f && git add f && git commit -qm \"change $i\"; done && echo 4 >f && git "
    "add f";

const char kPythonScript[] =
    "import json, subprocess, threading, time\n"
    "seen = []\n"
    "def work(n):\n"
    "    seen.append(json.dumps({'n': n, 'at': time.time()}))\n"
    "threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]\n"
    "[t.start() for t in threads]\n"
    "[t.join() for t in threads]\n"
    "print(subprocess.run(['sh', '-c', 'echo from $$'], capture_output=True, text=True).stdout, *seen)\n"
    "print(json.loads('{\"a\": [1, 2, {\"b\": null}]}'), hash('text'), id(seen))\n";

const std::vector<RealProgram>& real_programs() {
  static const std::vector<RealProgram> kPrograms = {
      {"true", {"true"}},
      {"false", {"false"}, 1},
      {"echo", {"/bin/echo", "a", "b  c"}},
      {"ls", {"ls", "-lR", "/usr/include"}},
      {"cat_50_megabytes", {"cat", "large"}, 0, "head -c 52428800 sample >large"},
      {"sort", {"sort", "-n", "sample"}},
      {"sha256sum", {"sha256sum", "large"}, 0, "for i in 1 2 3 4 5 6 7 8; do cat sample; done >large"},
      {"bash_loop", bash("for i in $(seq 50); do /bin/echo $i | tr 0-9 a-j; done")},
      {"script",
       {"./script.sh", "argument"},
       3,
       "printf '#!/bin/bash\\necho $0 $1 $$ $RANDOM\\nexit 3\\n' >script.sh && chmod +x script.sh"},
      {"python", {"/usr/bin/python3", "-c", kPythonScript}},
      {"perl",
       {"perl", "-e", "print $$, ' ', time, ' ', rand, qq{\\n}; print `echo sub`; print sort qw(c a b)"}},
      {"gcc",
       {"gcc", "-O2", "-o", "hello", "hello.c"},
       0,
       "printf '#include <stdio.h>\\nint main(void) { puts(__TIME__); return 0; }\\n' >hello.c"},
      {"git_log", {"git", "--no-pager", "log", "-p"}, 0, kGitSetup},
      {"git_commit", {"git", "commit", "-m", "one more"}, 0, kGitSetup},
      {"sqlite3",
       {"sqlite3", "new.db",
        "create table t(a integer primary key, b text); insert into t(b) select value from "
        "generate_series(1, 3000); select count(*), max(b), random() from t; pragma integrity_check;"}},
      {"tar_gzip", bash("tar c /usr/include/linux 2>/dev/null | gzip | wc -c")},
      {"xz", bash("xz -T2 -1 --block-size=1MiB -kc sample | wc -c; xz -T2 -1 -k sample && xz -dc sample.xz | "
                  "cmp - sample")},
      {"date", {"date", "+%s %N %c"}},
      {"env", {"env"}},
      {"id", {"id"}},
      {"ps", bash("cat /proc/$$/stat; ls -l /proc/self/fd")},
      {"find_xargs", bash("find /usr/include/linux -name '*.h' | sort | xargs -n 50 wc -l | tail -3")},
      {"sed_awk_grep", bash("sed s/1/one/g sample | awk '{n += NF} END {print n}'; grep -c 77 sample")},
      {"shell_jobs", bash("sleep 0.05 & sleep 0.02 & wait; echo $!; (exit 4) || echo $?; trap 'echo usr1' "
                          "USR1; kill -USR1 $$")},
      {"here_document", bash("cat <<< $(date); diff <(seq 5) <(seq 6); true")},
      {"make_like", bash("for i in 1 2 3; do gcc -c -o u$i.o -x c - <<< \"int f$i(void) { return $i; }\" & "
                         "done; wait; ar rcs all.a u*.o; nm all.a")},
      {"timeout", {"timeout", "0.1", "sleep", "10"}, 124},
      {"killed_by_signal", bash("kill -SEGV $$"), 139},
      {"dd", bash("dd if=/dev/urandom bs=1k count=100 2>/dev/null | cksum")},
      {"tee", bash("seq 1000 | tee one two | tail -1; cmp one two")},
  };
  return kPrograms;
}

class RealProgramTest : public testing::TestWithParam<RealProgram> {};

void PrintTo(const RealProgram& program, std::ostream* out) {
  *out << program.name;
}

TEST_P(RealProgramTest, ReplaysAsRecorded) {
  Bygone bygone;
  ScratchFolder folder;
  RunOptions options;
  options.directory = folder.path();
  options.timeout = std::chrono::seconds(140);
  folder.write("sample", sample_bytes(4 << 20));
  const std::string prepare =
      std::string("touch large; ") + (GetParam().prepare[0] != 0 ? GetParam().prepare : "true");
  const RunResult prepared = bygone.bare({"bash", "-c", prepare}, options);
  ASSERT_EQ(prepared.status, 0) << prepared.err;
  expect_replays(bygone, "run", GetParam().argv, GetParam().status, options);
}

INSTANTIATE_TEST_SUITE_P(Each, RealProgramTest, testing::ValuesIn(real_programs()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(RealProgramTest, KilledFromOutside) {
  Bygone bygone;
  RunOptions options;
  options.environment = {{"BYGONE_STORE", bygone.store()}};
  ProcessRun recording({bygone_binary(), "record", "--check", "--name", "run", "--", "bash", "-c",
                        "echo begun; exec sleep 1000"},
                       options);
  const pid_t sleeper = find_descendant(recording.pid(), "sleep");
  ASSERT_GT(sleeper, 0);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  ASSERT_EQ(kill(sleeper, SIGKILL), 0);
  RunResult recorded = recording.wait();
  take_notices(recorded.err);
  EXPECT_EQ(recorded.status, 128 + SIGKILL);
  EXPECT_EQ(recorded.out, "begun\n");
  expect_same(recorded, bygone.replay("run"));
}

TEST(RealProgramTest, ReadsItsInput) {
  Bygone bygone;
  RunOptions options;
  options.input = sample_bytes(300000);
  const RunResult recorded = expect_replays(bygone, "run", {"md5sum"}, 0, options);
  EXPECT_EQ(recorded.out, bygone.bare({"md5sum"}, options).out);
}

// What a program prints when recorded is what it prints by itself.
TEST(RealProgramTest, BehavesAsUnrecorded) {
  Bygone bygone;
  for (const std::vector<std::string>& argv : std::vector<std::vector<std::string>>{
           {"ls", "-l", "/usr/bin"}, {"seq", "10000"}, {"bash", "-c", "echo {1..20} | rev; exit 9"}}) {
    const RunResult bare = bygone.bare(argv);
    const RunResult recorded = bygone.record("run-" + argv[0], argv);
    EXPECT_EQ(recorded.out, bare.out);
    EXPECT_EQ(recorded.err, bare.err);
    EXPECT_EQ(recorded.status, bare.status);
  }
}

}  // namespace
}  // namespace bygone::test
