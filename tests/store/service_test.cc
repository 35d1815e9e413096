#include "store/service.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstring>
#include <random>
#include <thread>

#include "sample_recording.h"
#include "store/ring_sink.h"
#include "store/verify.h"

namespace bygone {
namespace {

class ServiceTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = Store::open(directory_ / "store");
    ASSERT_OK(opened);
    store_.emplace(std::move(*opened));
  }
  std::unique_ptr<RingSink> create(std::string_view name, size_t ring_bytes = kSmallestRingBytes) {
    auto sink = RingSink::create(store_->directory(), name, "test", {.ring_bytes = ring_bytes});
    EXPECT_TRUE(sink) << sink.error().message();
    return std::move(*sink);
  }
  std::unique_ptr<RingSink> join(std::string_view name) {
    auto sink = RingSink::join(store_->directory(), name, {.ring_bytes = kSmallestRingBytes});
    EXPECT_TRUE(sink) << sink.error().message();
    return std::move(*sink);
  }
  pid_t service() {
    const auto status = service_status(store_->directory());
    return status ? pid_t(status->pid) : -1;
  }
  void expect_sound(const std::string& name, uint64_t events, uint64_t payload_bytes) {
    const auto reader = store_->read(name);
    ASSERT_OK(reader);
    const auto report = verify_recording(**reader, VerifyContent::yes);
    ASSERT_OK(report);
    EXPECT_EQ(report->events, events) << name;
    EXPECT_EQ(report->payload_bytes, payload_bytes) << name;
  }
  static Expected<void> record(RecordSink& sink, uint64_t first, uint64_t last) {
    for (uint64_t event = first; event <= last; ++event) {
      BYGONE_TRY(append_write(sink, event, 0, noise(event % 3000, event)));
      BYGONE_TRY(append_frame(sink, event));
    }
    return {};
  }
  static uint64_t payload_of(uint64_t last) {
    uint64_t sum = 0;
    for (uint64_t event = 1; event <= last; ++event) sum += event % 3000;
    return sum;
  }

  test::ScratchFolder directory_;
  std::optional<Store> store_;
};

TEST_F(ServiceTest, ServesManyRecordersAtOnce) {
  std::vector<std::thread> recorders;
  for (int i = 0; i < 4; ++i) {
    auto sink = create("r" + std::to_string(i));
    recorders.emplace_back([sink = std::move(sink)]() mutable {
      EXPECT_TRUE(record(*sink, 1, 4000));
      sink.reset();
    });
  }
  for (std::thread& recorder : recorders) recorder.join();
  for (int i = 0; i < 4; ++i) expect_sound("r" + std::to_string(i), 4000, payload_of(4000));
}

TEST_F(ServiceTest, PayloadsAndFilesLargerThanTheRingGoThrough) {
  const auto bytes = noise(3 * kSmallestRingBytes + 12345, 3);
  std::ofstream(directory_ / "file", std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
  auto sink = create("large");
  const int fd = ::open((directory_ / "file").c_str(), O_RDONLY | O_CLOEXEC);
  const FileIdentity identity{{0, 1}, 2, bytes.size(), 1, 1};
  ASSERT_OK(append_write(*sink, 1, 0, bytes));
  ASSERT_OK(append_frame(*sink, 1));
  EXPECT_EQ(sink->add_file(fd, identity, "/file"), ContentId{1});
  ::close(fd);
  ASSERT_OK(append_frame(*sink, 2));
  sink.reset();
  expect_sound("large", 2, bytes.size());
  const auto reader = store_->read("large");
  ASSERT_OK(reader);
  std::vector<std::byte> out(bytes.size());
  ASSERT_OK((*reader)->read_content(ContentId{1}, 0, out));
  EXPECT_EQ(out, bytes);
}

TEST_F(ServiceTest, TellsWhatIsBeingRecorded) {
  auto sink = create("live");
  ASSERT_OK(record(*sink, 1, 10));
  ASSERT_OK(sink->commit());
  const auto status = service_status(store_->directory());
  ASSERT_OK(status);
  ASSERT_EQ(status->recordings.size(), 1u);
  EXPECT_EQ(status->recordings[0].name, "live");
  EXPECT_EQ(status->recordings[0].events, 10u);
  EXPECT_EQ(status->recordings[0].ring_bytes, kSmallestRingBytes);
  EXPECT_GT(status->memory_bytes, 0u);
}

TEST_F(ServiceTest, TellsOfARecordingWithSeveralRingsOnce) {
  auto first = create("together");
  auto second = join("together");
  ASSERT_OK(record(*first, 1, 7));
  ASSERT_OK(first->commit());
  ASSERT_OK(record(*second, 8, 10));
  ASSERT_OK(second->commit());
  const auto status = service_status(store_->directory());
  ASSERT_OK(status);
  ASSERT_EQ(status->recordings.size(), 1u);
  EXPECT_EQ(status->recordings[0].events, 10u);
  EXPECT_EQ(status->recordings[0].rings, 2u);
  EXPECT_EQ(status->recordings[0].ring_bytes, 2 * kSmallestRingBytes);
}

TEST_F(ServiceTest, GoesWhenItIsIdleAndLeavesNoSocketAndNoLock) {
  create("short").reset();
  const pid_t pid = service();
  ASSERT_GT(pid, 0);
  // Of a recorder and a service that were killed together.
  std::ofstream(store_->directory() / "recordings" / "dead.lock") << "x";
  const auto left = [&] {
    for (const char* name : {"service.sock", "service.lock", "recordings/dead.lock", "recordings/short.lock"})
      if (std::filesystem::exists(store_->directory() / name)) return name;
    return "";
  };
  for (int i = 0; i < 100 && *left() != '\0'; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_STREQ(left(), "");
  EXPECT_EQ(service_status(store_->directory()).error().kind, ErrorKind::not_found);
}

TEST_F(ServiceTest, AKilledServiceIsReplacedAndNothingIsLostOrDoubled) {
  auto sink = create("survivor");
  const auto file = noise(5'000'000, 9);
  std::ofstream(directory_ / "file", std::ios::binary)
      .write(reinterpret_cast<const char*>(file.data()), std::ssize(file));
  const int fd = ::open((directory_ / "file").c_str(), O_RDONLY | O_CLOEXEC);
  std::atomic<int> kills = 0;
  std::jthread killer([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100 + kills * 17 % 90));
      const pid_t pid = service();
      if (pid <= 0) continue;
      ::kill(pid, SIGKILL);
      ++kills;
    }
  });
  uint64_t last = 0;
  for (; last < 60'000 && (kills < 12 || last % 1000 != 0); ++last) {
    ASSERT_OK(record(*sink, last + 1, last + 1));
    if (last % 5000 == 1) {
      ASSERT_OK(sink->add_file(fd, FileIdentity{{0, 1}, 2 + last, file.size(), 1, int64_t(last)}, "/file"));
    }
  }
  killer.request_stop();
  killer.join();
  ::close(fd);
  sink.reset();
  EXPECT_GE(kills, 3);
  expect_sound("survivor", last, payload_of(last));
}

TEST_F(ServiceTest, DrainsTheRingOfAKilledRecorder) {
  const pid_t recorder = ::fork();
  if (recorder == 0) {
    auto sink = create("victim", kDefaultRingBytes);
    static_cast<void>(record(*sink, 1, 5000));
    static_cast<void>(append_write(*sink, 5001, 0, noise(10, 1)));
    ::raise(SIGKILL);
  }
  int status = 0;
  ::waitpid(recorder, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  std::string outcome;
  for (int i = 0; i < 200 && outcome != "interrupted"; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const auto reader = store_->read("victim");
    if (reader) outcome = (*reader)->outcome();
  }
  EXPECT_EQ(outcome, "interrupted");
  expect_sound("victim", 5000, payload_of(5000));
}

TEST_F(ServiceTest, ABadRecordCostsItsOwnRecordingOnly) {
  auto good = create("good");
  auto bad = create("bad");
  ASSERT_OK(record(*good, 1, 10));
  ASSERT_OK(record(*bad, 1, 10));
  ASSERT_OK(bad->commit());
  ASSERT_OK(append_frame(*bad, 77));
  const auto failed = bad->commit();
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message(), testing::HasSubstr("came after event 10"));
  EXPECT_FALSE(append_frame(*bad, 11));
  bad.reset();
  ASSERT_OK(record(*good, 11, 20));
  good.reset();
  expect_sound("good", 20, payload_of(20));
  expect_sound("bad", 10, payload_of(10));
}

// Numbers events for several recorders, as a group of recorder processes would do through shared memory.
struct SharedCount {
  SharedCount()
      : next(*new (::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))
                 std::atomic<uint64_t>(1)) {}
  ~SharedCount() { ::munmap(&next, 4096); }
  std::atomic<uint64_t>& next;
};

Expected<void> record_shared(RecordSink& sink, SharedCount& count, uint64_t last) {
  for (uint64_t event = count.next++; event <= last; event = count.next++) {
    BYGONE_TRY(append_write(sink, event, 0, noise(event % 3000, event)));
    BYGONE_TRY(append_frame(sink, event));
  }
  return {};
}

TEST_F(ServiceTest, SeveralRecordersFeedOneRecording) {
  auto first = create("together");
  SharedCount count;
  std::vector<std::thread> recorders;
  for (int i = 0; i < 4; ++i) {
    auto sink = i == 0 ? std::move(first) : join("together");
    recorders.emplace_back([sink = std::move(sink), &count]() mutable {
      const auto done = record_shared(*sink, count, 12'000);
      EXPECT_TRUE(done) << done.error().message();
      sink.reset();
    });
  }
  for (std::thread& recorder : recorders) recorder.join();
  expect_sound("together", 12'000, payload_of(12'000));
  EXPECT_EQ(RingSink::join(store_->directory(), "together", {.ring_bytes = kSmallestRingBytes}).error().kind,
            ErrorKind::not_found);
}

TEST_F(ServiceTest, PayloadsLargerThanARingAndFilesComeFromSeveralRecordersAtOnce) {
  auto first = create("together");
  auto second = join("together");
  const auto record_large = [&](RecordSink& sink, uint64_t from) {
    for (uint64_t event = from; event <= 12; event += 2) {
      const std::string path = directory_ / ("file" + std::to_string(event));
      const auto bytes = noise(1'000'000 + event, event);
      std::ofstream(path, std::ios::binary)
          .write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
      const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
      EXPECT_TRUE(sink.add_file(fd, FileIdentity{{0, 1}, event, bytes.size(), 1, 1}, path));
      ::close(fd);
      EXPECT_TRUE(append_write(sink, event, 0, noise(kSmallestRingBytes + event, event)));
      EXPECT_TRUE(append_frame(sink, event));
    }
  };
  std::thread other([&] {
    record_large(*second, 2);
    second.reset();
  });
  record_large(*first, 1);
  first.reset();
  other.join();
  expect_sound("together", 12, 12 * kSmallestRingBytes + 78);
}

TEST_F(ServiceTest, SeveralRecordersSurviveTheDeathOfTheService) {
  auto first = create("together");
  SharedCount count;
  constexpr uint64_t kLast = 20'000;
  std::vector<std::thread> recorders;
  std::atomic<int> running = 3;
  for (int i = 0; i < 3; ++i) {
    auto sink = i == 0 ? std::move(first) : join("together");
    recorders.emplace_back([sink = std::move(sink), &count, &running]() mutable {
      const auto done = record_shared(*sink, count, kLast);
      EXPECT_TRUE(done) << done.error().message();
      sink.reset();
      --running;
    });
  }
  int kills = 0;
  while (running > 0 && kills < 10) {
    std::this_thread::sleep_for(std::chrono::milliseconds(60 + kills * 13 % 50));
    const pid_t pid = service();
    if (pid > 0 && ::kill(pid, SIGKILL) == 0) ++kills;
  }
  for (std::thread& recorder : recorders) recorder.join();
  EXPECT_GE(kills, 2);
  expect_sound("together", kLast, payload_of(kLast));
}

TEST_F(ServiceTest, TheOthersGoOnWhereOneRecorderIsKilledBetweenEvents) {
  auto first = create("together");
  SharedCount count;
  const pid_t victim = ::fork();
  if (victim == 0) {
    auto sink = RingSink::join(store_->directory(), "together", {.ring_bytes = kSmallestRingBytes});
    if (!sink || !record_shared(**sink, count, 3000)) ::_exit(1);
    ::raise(SIGKILL);
  }
  int status = 0;
  ::waitpid(victim, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  count.next = 3001;
  ASSERT_OK(record_shared(*first, count, 5000));
  ASSERT_OK(first->close());
  expect_sound("together", 5000, payload_of(5000));
}

TEST_F(ServiceTest, ARecordingEndsBeforeTheEventThatAKilledRecorderOwes) {
  auto first = create("together");
  SharedCount count;
  const pid_t victim = ::fork();
  if (victim == 0) {
    auto sink = RingSink::join(store_->directory(), "together", {.ring_bytes = kSmallestRingBytes});
    if (!sink || !record_shared(**sink, count, 999) || !append_write(**sink, 1000, 0, noise(10, 1)))
      ::_exit(1);
    ::raise(SIGKILL);  // event 1000 is begun, and nobody else has that number
  }
  int status = 0;
  ::waitpid(victim, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  count.next = 1001;
  static_cast<void>(record_shared(*first, count, 1100));
  const auto closed = first->close();
  ASSERT_FALSE(closed);
  EXPECT_THAT(closed.error().message(), testing::HasSubstr("event 1001 came after event 999"));
  first.reset();
  expect_sound("together", 999, payload_of(999));
  EXPECT_EQ((*store_->read("together"))->outcome(), "interrupted");
}

TEST_F(ServiceTest, ADamagedRingHarmsNobodyElse) {
  auto good = create("good");
  std::mt19937_64 random(11);
  for (int round = 0; round < 40; ++round) {
    const std::string name = "bad" + std::to_string(round);
    auto memory = RingMemory::create(kSmallestRingBytes);
    ASSERT_OK(memory);
    RingHeader& header = memory->header();
    const auto scribble = [&] {
      for (size_t i = 0; i < 4096; ++i) {
        const uint64_t value = random() >> (random() % 64);
        std::memcpy(memory->at(i * 8), &value, sizeof value);
      }
      if (round % 4 == 1) header.released = random();
      if (round % 4 == 2) header.capacity_bytes = random();
      if (round % 4 == 3) header.committed_sequence = header.consumer_sleeps = uint32_t(random());
      header.written = header.released + (round % 3 == 0 ? random() : 8 + random() % 30000);
    };
    if (round % 2 == 0) scribble();
    auto connection = connect_to_service(store_->directory());
    ASSERT_OK(connection);
    ASSERT_OK(connection->send({MessageType::create, {name, "bad"}, {0}}, memory->fd()));
    static_cast<void>(connection->receive(5000));
    if (round % 2 == 1) scribble();
    ASSERT_OK(record(*good, uint64_t(round) * 100 + 1, uint64_t(round) * 100 + 100));
    static_cast<void>(connection->receive(100));
  }
  good.reset();
  expect_sound("good", 4000, payload_of(4000));
}

}  // namespace
}  // namespace bygone
