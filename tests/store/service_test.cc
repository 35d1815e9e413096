#include "store/service.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
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
    auto sink = RingSink::create(store_->directory(), name, "test", ring_bytes);
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

  TemporaryDirectory directory_;
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

TEST_F(ServiceTest, GoesWhenItIsIdleAndLeavesNoSocket) {
  create("short").reset();
  const pid_t pid = service();
  ASSERT_GT(pid, 0);
  for (int i = 0; i < 100 && std::filesystem::exists(store_->directory() / "service.sock"); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_FALSE(std::filesystem::exists(store_->directory() / "service.sock"));
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

}  // namespace
}  // namespace bygone
