// How arguments of calls read, as strace(1) writes them.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <map>

#include "query/call_names.h"
#include "query/call_signatures.h"
#include "query/flag_names.h"
#include "query/kernel_structures.h"
#include "query/strace_arguments.h"
#include "sample_recording.h"

namespace bygone::query {
namespace {

// A program whose memory is what a test puts there.
class FakeMachine : public Machine {
 public:
  void put(uint64_t address, std::string bytes) { memory_[address] = std::move(bytes); }

  Expected<void> seek(EventNumber) override {
    ++seeks;
    if (broken) return fail(ErrorKind::divergence, "task 100", "went another way");
    return {};
  }
  Expected<std::vector<std::byte>> memory(Tid, Address from, uint64_t size) override {
    for (const auto& [address, bytes] : memory_) {
      if (from.value < address || from.value - address >= bytes.size()) continue;
      const auto part = std::as_bytes(std::span(bytes)).subspan(from.value - address);
      return std::vector<std::byte>(part.begin(),
                                    part.begin() + int64_t(std::min<size_t>(size, part.size())));
    }
    return std::vector<std::byte>{};
  }
  Expected<std::vector<StackLevel>> stack(Tid) override { return std::vector<StackLevel>{}; }
  Expected<uint64_t> digest() override { return 0; }
  Expected<void> changes(Tid, Address, uint64_t, EventNumber, const Change&) override { return {}; }

  bool broken = false;
  int seeks = 0;

 private:
  std::map<uint64_t, std::string> memory_;
};

class StraceCalls : public testing::Test {
 protected:
  StraceCalls() : memory_(sample_.reader(), &machine_, [&](const Error&) { ++told_; }) {}

  // A call that is over, with what the kernel wrote at the address.
  std::string call(std::string_view name, std::vector<uint64_t> arguments, int64_t result,
                   std::map<uint64_t, std::string> written = {}) {
    full_ = {};
    full_.frame = {EventNumber{2}, Tid{100}, FrameKind::syscall, 0, result, 0};
    full_.registers = Registers{};
    constexpr Register kOrder[] = {Register::rdi, Register::rsi, Register::rdx,
                                   Register::r10, Register::r8,  Register::r9};
    for (size_t i = 0; i < arguments.size(); ++i) (*full_.registers)[kOrder[i]] = arguments[i];
    for (const auto& [address, bytes] : written) {
      const auto span = std::as_bytes(std::span(bytes));
      full_.writes.push_back(
          {{EventNumber{2}, 0, Tid{100}, Address{address}, bytes.size()}, {span.begin(), span.end()}});
    }
    const auto signature = call_signature(name);
    if (!signature) return "unknown";
    StraceArguments text(*signature, full_, memory_);
    const std::string given = text.given();
    return given + text.filled() + text.outcome();
  }

  test::SampleRecording sample_;
  FakeMachine machine_;
  int told_ = 0;
  CallMemory memory_;
  FullFrame full_;
};

template <class... Numbers>
std::string words(Numbers... numbers) {
  std::string bytes;
  for (const uint64_t number : {uint64_t(numbers)...})
    bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
  return bytes;
}

constexpr uint64_t kAt = uint64_t(uint32_t(AT_FDCWD));

TEST_F(StraceCalls, PathsAndFlagsAreReadable) {
  machine_.put(0x1000, std::string("/etc/passwd\0", 12));
  EXPECT_EQ(call("openat", {kAt, 0x1000, O_RDONLY | O_CLOEXEC, 0}, 3),
            "AT_FDCWD, \"/etc/passwd\", O_RDONLY|O_CLOEXEC");
  EXPECT_EQ(call("openat", {5, 0x1000, O_WRONLY | O_CREAT | O_TRUNC, 0644}, 3),
            "5, \"/etc/passwd\", O_WRONLY|O_CREAT|O_TRUNC, 0644");
  EXPECT_EQ(call("openat", {kAt, 0x5000, O_RDONLY}, -14), "AT_FDCWD, 0x5000, O_RDONLY") << "not mapped";
  EXPECT_EQ(call("access", {0x1000, 4}, 0), "\"/etc/passwd\", R_OK");
  EXPECT_EQ(call("access", {0x1000, 0}, 0), "\"/etc/passwd\", F_OK");
  EXPECT_EQ(call("mmap", {0, 4096, 5, 0x802, 3, 0x26000}, 0),
            "NULL, 4096, PROT_READ|PROT_EXEC, MAP_PRIVATE|MAP_DENYWRITE, 3, 0x26000");
  EXPECT_EQ(call("mmap", {0, 4096, 0, 0x22, uint64_t(-1), 0}, 0),
            "NULL, 4096, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0");
}

TEST_F(StraceCalls, BuffersAreCutAfter32Bytes) {
  machine_.put(0x1000,
               "hello \"you\"\n\x01"
               "2\x7f");
  EXPECT_EQ(call("write", {1, 0x1000, 15}, 15), "1, \"hello \\\"you\\\"\\n\\0012\\177\", 15");
  machine_.put(0x2000, std::string(100, 'x'));
  EXPECT_EQ(call("write", {1, 0x2000, 33}, 33), "1, \"" + std::string(32, 'x') + "\"..., 33");
  EXPECT_EQ(call("write", {1, 0x2000, 32}, 32), "1, \"" + std::string(32, 'x') + "\", 32");
  EXPECT_EQ(call("read", {0, 0x3000, 4096}, 3, {{0x3000, "hi\n"}}), "0, \"hi\\n\", 4096");
  EXPECT_EQ(call("read", {0, 0x3000, 4096}, 0), "0, \"\", 4096");
  EXPECT_EQ(call("read", {0, 0x3000, 4096}, -4), "0, 0x3000, 4096");
  EXPECT_EQ(call("getrandom", {0x3000, 2, 1}, 2, {{0x3000, "\x01\xff"}}), "\"\\x01\\xff\", 2, GRND_NONBLOCK");
}

TEST_F(StraceCalls, StructuresOfTheKernelHaveNames) {
  EXPECT_EQ(call("pipe2", {0x10, O_CLOEXEC}, 0, {{0x10, words(0x0000000400000003)}}), "[3, 4], O_CLOEXEC");
  EXPECT_EQ(call("wait4", {uint64_t(-1), 0x10, 1, 0}, 101, {{0x10, std::string("\0\3\0\0", 4)}}),
            "-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 3}], WNOHANG, NULL");
  EXPECT_EQ(call("wait4", {uint64_t(-1), 0x10, 0, 0}, 101, {{0x10, std::string("\x8b\0\0\0", 4)}}),
            "-1, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV && WCOREDUMP(s)}], 0, NULL");
  EXPECT_EQ(call("wait4", {uint64_t(-1), 0x10, 1, 0}, 0), "-1, 0x10, WNOHANG, NULL");
  EXPECT_EQ(call("prlimit64", {0, 3, 0, 0x10}, 0, {{0x10, words(8192 * 1024, uint64_t(-1))}}),
            "0, RLIMIT_STACK, NULL, {rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}");
  machine_.put(0x2000, words(1, 0x14000000, 0x7f0000000000, 2));
  EXPECT_EQ(call("rt_sigaction", {2, 0x2000, 0x10, 8}, 0, {{0x10, words(0, 0, 0, 0)}}),
            "SIGINT, {sa_handler=SIG_IGN, sa_mask=[INT], sa_flags=SA_RESTORER|SA_RESTART, "
            "sa_restorer=0x7f0000000000}, {sa_handler=SIG_DFL, sa_mask=[], sa_flags=0}, 8");
  machine_.put(0x3000, words(0xfffffffe7ffbfeff));
  EXPECT_EQ(call("rt_sigprocmask", {2, 0x3000, 0, 8}, 0), "SIG_SETMASK, ~[KILL STOP RTMIN RT_1], NULL, 8");
  machine_.put(0x4000, words(1, 600'000'000));
  EXPECT_EQ(call("clock_nanosleep", {0, 0, 0x4000, 0x20}, 0),
            "CLOCK_REALTIME, 0, {tv_sec=1, tv_nsec=600000000}, 0x20");
  EXPECT_EQ(call("clock_nanosleep", {0, 0, 0x4000, 0x20}, -516, {{0x20, words(0, 5)}}),
            "CLOCK_REALTIME, 0, {tv_sec=1, tv_nsec=600000000}, {tv_sec=0, tv_nsec=5}");
}

TEST_F(StraceCalls, ArgumentsFollowTheirCommand) {
  EXPECT_EQ(call("futex", {0x10, 129, 1, 7, 7, 7}, 0), "0x10, FUTEX_WAKE_PRIVATE, 1");
  EXPECT_EQ(call("futex", {0x10, 128, 2, 0, 7, 7}, 0), "0x10, FUTEX_WAIT_PRIVATE, 2, NULL");
  EXPECT_EQ(call("fcntl", {3, F_GETFL, 77}, 0), "3, F_GETFL");
  EXPECT_EQ(call("fcntl", {3, F_SETFD, 1}, 0), "3, F_SETFD, FD_CLOEXEC");
  EXPECT_EQ(call("fcntl", {3, F_DUPFD_CLOEXEC, 10}, 10), "3, F_DUPFD_CLOEXEC, 10");
  EXPECT_EQ(call("clone", {0x01200011, 0, 0, 0x30, 0}, 7),
            "child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=0x30");
}

TEST_F(StraceCalls, ListsAreFollowed) {
  machine_.put(0x1000, std::string("sh\0-c\0true\0", 11));
  machine_.put(0x2000, words(0x1000, 0x1003, 0x1006, 0, 0x1000, 0));
  EXPECT_EQ(call("execve", {0x1000, 0x2000, 0x2020}, -2),
            "\"sh\", [\"sh\", \"-c\", \"true\"], 0x2020 /* 1 var */");
  EXPECT_EQ(call("execve", {0x1000, 0x9000, 0}, -14), "\"sh\", 0x9000, NULL");
  machine_.put(0x3000, words(0x1000, 2, 0x1006, 4));
  EXPECT_EQ(call("writev", {1, 0x3000, 2}, 6),
            "1, [{iov_base=\"sh\", iov_len=2}, {iov_base=\"true\", iov_len=4}], 2");
  EXPECT_EQ(call("readv", {1, 0x3000, 2}, 3, {{0x1000, "ab"}, {0x1006, "c"}}),
            "1, [{iov_base=\"ab\", iov_len=2}, {iov_base=\"c\", iov_len=4}], 2");
  machine_.put(0x4000, words(0x0000000100000005));
  EXPECT_EQ(call("poll", {0x4000, 1, 100}, 1, {{0x4000, words(0x0001000100000005)}}),
            "[{fd=5, events=POLLIN}], 1, 100 ([{fd=5, revents=POLLIN}])");
}

TEST_F(StraceCalls, AddressesOfSockets) {
  machine_.put(0x1000, std::string("\2\0\0\x50\x7f\0\0\1\0\0\0\0\0\0\0\0", 16));
  EXPECT_EQ(call("connect", {3, 0x1000, 16}, 0),
            "3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr(\"127.0.0.1\")}, 16");
  machine_.put(0x2000, std::string("\1\0/run/x\0", 9));
  EXPECT_EQ(call("connect", {3, 0x2000, 9}, 0), "3, {sa_family=AF_UNIX, sun_path=\"/run/x\"}, 9");
  EXPECT_EQ(call("socket", {AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0}, 3),
            "AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0");
}

TEST_F(StraceCalls, AReplayThatFailsIsToldOfOnceAndDoneWithout) {
  machine_.put(0x1000, std::string("x\0", 2));
  machine_.broken = true;
  EXPECT_EQ(call("unlink", {0x1000}, 0), "0x1000");
  EXPECT_EQ(call("unlink", {0x1000}, 0), "0x1000");
  EXPECT_EQ(told_, 1);
  EXPECT_EQ(machine_.seeks, 1);
}

// Whatever a recording holds, a structure is read no further than its bytes go.
TEST(KernelStructures, TakeBytesOfAnyLength) {
  for (size_t size = 0; size < 40; ++size) {
    const std::string bytes(size, '\x02');
    const auto span = std::as_bytes(std::span(bytes));
    EXPECT_FALSE(sockaddr_text(span).empty());
    EXPECT_FALSE(pollfds_text(span, PollPart::events).empty());
    EXPECT_FALSE(siginfo_text(11, 1, span).empty());
  }
}

TEST(CallSignatures, EveryKnownCallHasTheWordsThereAre) {
  for (const char* known : {"openat", "mmap", "execve", "futex", "statx"}) EXPECT_TRUE(call_signature(known));
  EXPECT_FALSE(call_signature("no_such_call"));
  EXPECT_EQ(flag_text("no such set", 1), std::nullopt);
}

}  // namespace
}  // namespace bygone::query
