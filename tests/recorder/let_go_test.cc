// The store fails at every kind of moment; the program must not notice. The programs check themselves.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "recorder/recorder.h"
#include "tests/support/bygone.h"

namespace bygone {
namespace {

// Takes `appends` rows, and then no more.
class FailingSink : public RecordSink {
 public:
  explicit FailingSink(uint64_t appends) : left_(appends) {}
  Expected<void> append(RecordType, std::span<const std::byte>, std::span<const std::byte>) override {
    if (left_ == 0) return full();
    --left_;
    return {};
  }
  Expected<ContentId> add_file(int, const FileIdentity&, std::string_view) override {
    if (left_ == 0) return tl::unexpected(full().error());
    return ContentId{++contents_};
  }
  Expected<void> commit() override { return check(); }
  Expected<void> check() override { return left_ == 0 ? full() : Expected<void>{}; }

 private:
  static Expected<void> full() { return fail(ErrorKind::io, "store", "is full"); }
  uint64_t left_;
  uint64_t contents_ = 0;
};

struct Ending {
  int wait_status = -1;
  bool let_go = false;
};

// In a process of its own, which becomes the tracer.
Ending record_until(uint64_t appends, const std::string& program, OnStoreFailure what) {
  int report[2];
  EXPECT_EQ(::pipe2(report, O_CLOEXEC), 0);
  const pid_t recorder = ::fork();
  if (recorder == 0) {
    ::alarm(60);
    const int null = ::open("/dev/null", O_RDWR);
    ::dup2(null, 0);
    ::dup2(null, 1);
    FailingSink sink(appends);
    RecordOptions options;
    options.argv = {program};
    options.on_store_failure = what;
    const auto outcome = record_program(options, Inheritance(), sink);
    Ending ending;
    if (outcome) ending = {outcome->wait_status, outcome->store_failure.has_value()};
    [[maybe_unused]] const ssize_t told = ::write(report[1], &ending, sizeof ending);
    ::_exit(0);
  }
  ::close(report[1]);
  Ending ending;
  EXPECT_EQ(::read(report[0], &ending, sizeof ending), ssize_t(sizeof ending)) << "the recorder died";
  ::close(report[0]);
  ::waitpid(recorder, nullptr, 0);
  return ending;
}

class LetGoTest : public testing::TestWithParam<const char*> {};

TEST_P(LetGoTest, RunsOnAsIfNobodyHadTracedIt) {
  // Primes, for moments of all kinds.
  for (const uint64_t appends : {2, 23, 61, 101, 149, 199, 251, 307, 359, 419, 499, 601, 797}) {
    const Ending ending = record_until(appends, test::program(GetParam()), OnStoreFailure::detach);
    EXPECT_EQ(ending.wait_status, 0) << "let go after " << appends << " rows";
    if (!ending.let_go) break;
  }
}

INSTANTIATE_TEST_SUITE_P(Programs, LetGoTest,
                         testing::Values("threads_mutex", "threads_condvar", "threads_barrier", "rdtsc",
                                         "rdtsc_child", "fork_tree", "fork_many", "vfork", "posix_spawn",
                                         "posix_timer", "setitimer", "signals_nested", "signal_threads",
                                         "signal_self", "sigtimedwait", "exec_chain", "thread_exec",
                                         "spin_on_flag", "interrupted_computing", "job_control",
                                         "poll_select", "nanosleep_stopped", "maps_fork_exec", "madvise",
                                         "clone_flags", "unknown_call", "fault_handled", "ioctls"),
                         [](const auto& name) { return std::string(name.param); });

TEST(Kill, LeavesNobodyBehind) {
  const Ending ending = record_until(200, test::program("fork_tree"), OnStoreFailure::kill);
  EXPECT_FALSE(ending.let_go);
  EXPECT_EQ(ending.wait_status, -1) << "an error, not an outcome";
}

}  // namespace
}  // namespace bygone
