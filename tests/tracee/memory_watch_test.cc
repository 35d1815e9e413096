#include "tracee/memory_watch.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>

#include "tracee/proc_maps.h"

namespace bygone {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr size_t kArenaPages = 64;
constexpr size_t kArenaBytes = kArenaPages * kPageSize;
constexpr int kFaultFd = 100;

// A traced child that makes the calls it is given, one after another, on memory shared with nobody.
class TracedChild {
 public:
  // `prepare` and `calls` run in the child; what `calls` does between two system calls is not watched.
  TracedChild(const std::function<void()>& prepare, const std::function<void()>& calls) {
    pid_ = fork();
    if (pid_ == 0) {
      // For the tracker: the descriptor that a remote call would have made.
      const int fault_fd =
          int(syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | 1 /* UFFD_USER_MODE_ONLY */));
      if (fault_fd >= 0) dup2(fault_fd, kFaultFd);
      prepare();
      ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
      raise(SIGSTOP);
      calls();
      _exit(0);
    }
    waitpid(pid_, nullptr, 0);
  }
  ~TracedChild() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

  pid_t pid() const { return pid_; }
  // To the next entry or exit of a system call; false when it has ended.
  bool advance() {
    int status = 0;
    ptrace(PTRACE_SYSCALL, pid_, nullptr, nullptr);
    waitpid(pid_, &status, 0);
    return WIFSTOPPED(status);
  }
  std::vector<MemoryRange> writable() const {
    std::vector<MemoryRange> ranges;
    const auto maps = read_maps(pid_);
    if (!maps) return ranges;
    for (const KernelMapping& mapping : *maps)
      if (mapping.prot.write) ranges.push_back(mapping.range);
    return ranges;
  }

 private:
  pid_t pid_ = 0;
};

Expected<WriteTracker> tracker_of(pid_t pid) {
  return WriteTracker::open(pid, [](uint64_t number, const std::array<uint64_t, 6>&) -> Expected<int64_t> {
    return number == SYS_userfaultfd ? kFaultFd : 0;
  });
}

enum class Method { comparison, write_protection };

// Memory is laid out before the fork, so that both know the addresses.
class MemoryWatchTest : public testing::TestWithParam<Method> {
 protected:
  void SetUp() override {
    void* memory = mmap(nullptr, kArenaBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    arena_ = static_cast<char*>(memory);
  }
  void TearDown() override { munmap(arena_, kArenaBytes); }

  // What the child's next call changed, or nothing but a skipped test where this kernel cannot tell.
  std::vector<MemoryRange> watch_one_call(TracedChild& child) {
    EXPECT_TRUE(child.advance());
    std::optional<WriteTracker> tracker;
    if (GetParam() == Method::write_protection) {
      auto opened = tracker_of(child.pid());
      if (!opened) {
        unavailable_ = opened.error().message();
        return {};
      }
      tracker = std::move(*opened);
    }
    auto watch = MemoryWatch::begin(child.pid(), child.writable(), tracker ? &*tracker : nullptr);
    if (!watch) {
      ADD_FAILURE() << watch.error().message();
      return {};
    }
    copied_bytes_ = watch->copied_bytes();
    EXPECT_TRUE(child.advance());
    std::vector<MemoryRange> changed = watch->changed();
    const auto outside = [&](const MemoryRange& range) { return !range.intersects(arena()); };
    std::erase_if(changed, outside);
    return changed;
  }

  MemoryRange arena() const { return range_of(Address{uint64_t(arena_)}, kArenaBytes); }
  // Bytes in a comparison are pages to the kernel.
  MemoryRange expected(const char* at, size_t size_bytes) const {
    const Address start{uint64_t(at)};
    if (GetParam() == Method::comparison) return range_of(start, size_bytes);
    return {page_floor(start), page_ceil(start + size_bytes)};
  }

  char* arena_ = nullptr;
  uint64_t copied_bytes_ = 0;
  std::string unavailable_;
};

#define SKIP_IF_UNAVAILABLE() \
  if (!unavailable_.empty()) GTEST_SKIP() << unavailable_

TEST_P(MemoryWatchTest, FindsTheBytesACallWrote) {
  char* buffer = arena_ + 3 * kPageSize + 100;
  TracedChild child([&] { std::memset(arena_, 0xa5, kArenaBytes); },
                    [&] { syscall(SYS_getcwd, buffer, 4000); });
  char path[4096];
  ASSERT_NE(getcwd(path, sizeof path), nullptr);
  const auto changed = watch_one_call(child);
  SKIP_IF_UNAVAILABLE();
  EXPECT_THAT(changed, ElementsAre(expected(buffer, std::strlen(path) + 1)));
}

TEST_P(MemoryWatchTest, FindsNothingWhereACallWritesNothing) {
  TracedChild child([&] { std::memset(arena_, 0xa5, kArenaBytes); }, [] { syscall(SYS_getpid); });
  const auto changed = watch_one_call(child);
  SKIP_IF_UNAVAILABLE();
  EXPECT_THAT(changed, IsEmpty());
}

TEST_P(MemoryWatchTest, FindsEveryPlaceOfSeveral) {
  char* one = arena_ + 10;
  char* two = arena_ + 20 * kPageSize - 2;  // across a page boundary
  char* three = arena_ + kArenaBytes - 4;
  TracedChild child([&] { std::memset(arena_, 0xa5, kArenaBytes); },
                    [&] { syscall(SYS_getresuid, one, two, three); });
  const auto changed = watch_one_call(child);
  SKIP_IF_UNAVAILABLE();
  EXPECT_THAT(changed, ElementsAre(expected(one, 4), expected(two, 4), expected(three, 4)));
}

TEST_P(MemoryWatchTest, FindsPagesTouchedForTheFirstTime) {
  char* buffer = arena_ + 7 * kPageSize + 8;
  TracedChild child([] {}, [&] { syscall(SYS_getrandom, buffer, 2 * kPageSize, 0); });
  const auto changed = watch_one_call(child);
  SKIP_IF_UNAVAILABLE();
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_TRUE(expected(buffer, 2 * kPageSize).contains(changed[0]));
  EXPECT_GT(changed[0].size_bytes(), 2 * kPageSize - 64) << "random bytes are rarely zero, and never many";
}

TEST_P(MemoryWatchTest, FindsWritesToSharedMemory) {
  void* shared =
      mmap(arena_, kArenaBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  std::memset(arena_, 0xa5, kArenaBytes);
  char* buffer = arena_ + 5 * kPageSize;
  TracedChild child([&] { std::memset(arena_, 0xa5, kArenaBytes); }, [&] { syscall(SYS_uname, buffer); });
  const auto changed = watch_one_call(child);
  SKIP_IF_UNAVAILABLE();
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_TRUE(changed[0].contains(Address{uint64_t(buffer)}));
  EXPECT_LE(changed[0].size_bytes(), kPageSize);
}

TEST_P(MemoryWatchTest, SurvivesMemoryThatIsUnmappedMeanwhile) {
  TracedChild child([&] { std::memset(arena_, 0xa5, kArenaBytes); },
                    [&] { syscall(SYS_munmap, arena_ + 2 * kPageSize, 3 * kPageSize); });
  watch_one_call(child);
  SKIP_IF_UNAVAILABLE();
  EXPECT_TRUE(child.writable().size() > 1);
}

TEST_P(MemoryWatchTest, CanBeRepeated) {
  char* buffer = arena_ + 9 * kPageSize;
  TracedChild child([&] { std::memset(arena_, 0xa5, kArenaBytes); },
                    [&] {
                      syscall(SYS_time, buffer);
                      syscall(SYS_getpid);
                      syscall(SYS_uname, buffer + kPageSize);
                    });
  if (GetParam() == Method::write_protection) {
    child.advance();
    auto tracker = tracker_of(child.pid());
    if (!tracker) GTEST_SKIP() << tracker.error().message();
    std::vector<size_t> found;
    for (int i = 0; i < 3; ++i) {
      if (i > 0) child.advance();
      auto watch = MemoryWatch::begin(child.pid(), std::vector{arena()}, &*tracker);
      ASSERT_TRUE(watch) << watch.error().message();
      EXPECT_EQ(watch->copied_bytes(), 0u);
      child.advance();
      found.push_back(watch->changed().size());
    }
    EXPECT_THAT(found, ElementsAre(1u, 0u, 1u));
    return;
  }
  EXPECT_EQ(watch_one_call(child).size(), 1u);
  EXPECT_EQ(watch_one_call(child).size(), 0u);
  EXPECT_EQ(watch_one_call(child).size(), 1u);
}

TEST_P(MemoryWatchTest, LeavesTheMappingsAsTheyWere) {
  TracedChild child([&] { std::memset(arena_, 0xa5, kArenaBytes); }, [] { syscall(SYS_getpid); });
  const auto before = child.writable();
  watch_one_call(child);
  SKIP_IF_UNAVAILABLE();
  EXPECT_THAT(child.writable(), testing::ElementsAreArray(before));
}

INSTANTIATE_TEST_SUITE_P(Methods, MemoryWatchTest,
                         testing::Values(Method::comparison, Method::write_protection), [](const auto& info) {
                           return std::string(info.param == Method::comparison ? "Comparison"
                                                                               : "WriteProtection");
                         });

TEST(MemoryWatch, RefusesToCopyMoreThanAllowed) {
  char* memory = static_cast<char*>(
      mmap(nullptr, kArenaBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  TracedChild child([&] { std::memset(memory, 1, kArenaBytes); }, [] {});
  const std::vector ranges = {range_of(Address{uint64_t(memory)}, kArenaBytes)};
  EXPECT_TRUE(MemoryWatch::begin(child.pid(), ranges, nullptr, kArenaBytes));
  const auto refused = MemoryWatch::begin(child.pid(), ranges, nullptr, kArenaBytes - 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::unavailable);
  munmap(memory, kArenaBytes);
}

TEST(MemoryWatch, RefusesReservationsThatItCannotLookThrough) {
  constexpr uint64_t kHuge = uint64_t{1} << 37;
  void* memory =
      mmap(nullptr, kHuge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) GTEST_SKIP() << "no room for a reservation of " << kHuge << " bytes";
  TracedChild child([] {}, [] {});
  const std::vector ranges = {range_of(Address{uint64_t(memory)}, kHuge)};
  const auto refused = MemoryWatch::begin(child.pid(), ranges);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::unavailable);
  if (auto tracker = tracker_of(child.pid()); tracker) {
    auto watch = MemoryWatch::begin(child.pid(), ranges, &*tracker);
    ASSERT_TRUE(watch) << watch.error().message();
    EXPECT_THAT(watch->changed(), IsEmpty());
  }
  munmap(memory, kHuge);
}

TEST(MemoryWatch, CopiesOnlyWhatTheProcessHasTouched) {
  char* memory = static_cast<char*>(
      mmap(nullptr, kArenaBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  TracedChild child([&] { std::memset(memory + 5 * kPageSize, 1, 2 * kPageSize); }, [] {});
  const auto watch =
      MemoryWatch::begin(child.pid(), std::vector{range_of(Address{uint64_t(memory)}, kArenaBytes)});
  ASSERT_TRUE(watch);
  EXPECT_EQ(watch->copied_bytes(), 2 * kPageSize);
  munmap(memory, kArenaBytes);
}

TEST(MemoryWatch, SaysWhenTheProcessIsGone) {
  pid_t gone = fork();
  if (gone == 0) _exit(0);
  waitpid(gone, nullptr, 0);
  const auto watch = MemoryWatch::begin(gone, std::vector{range_of(Address{0x10000}, kPageSize)});
  ASSERT_FALSE(watch);
  EXPECT_EQ(watch.error().kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace bygone
