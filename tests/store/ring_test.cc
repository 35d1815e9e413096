#include "store/ring.h"

#include <gmock/gmock.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <random>
#include <thread>

#include "sample_recording.h"

namespace bygone {
namespace {

using testing::HasSubstr;

struct Ends {
  RingProducer producer;
  RingConsumer consumer;
};

Ends make_ring(size_t bytes = kSmallestRingBytes) {
  auto memory = RingMemory::create(bytes);
  EXPECT_TRUE(memory) << memory.error().message();
  auto other = RingMemory::attach(::dup(memory->fd()));
  EXPECT_TRUE(other) << other.error().message();
  return {RingProducer(std::move(*memory)), RingConsumer(std::move(*other))};
}

TEST(Ring, PassesRecordsOnAcrossItsEndManyTimes) {
  Ends ring = make_ring();
  uint64_t taken = 0;
  std::thread consumer([&] {
    while (taken < 3000) {
      const auto record = ring.consumer.next();
      ASSERT_OK(record);
      if (!*record) {
        ring.consumer.wait_for_records(10'000'000);
        continue;
      }
      ++taken;
      ASSERT_EQ((*record)->sequence, taken);
      const auto expected = noise(taken % 20'000, taken);
      ASSERT_TRUE(
          std::equal(expected.begin(), expected.end(), (*record)->payload.begin(), (*record)->payload.end()));
      ASSERT_EQ((*record)->row.size(), taken % 9);
      if (taken % 7 == 0) ring.consumer.release(taken);
    }
    ring.consumer.release(taken);
  });
  for (uint64_t i = 1; i <= 3000; ++i) {
    const auto payload = noise(i % 20'000, i);
    const std::vector<std::byte> row(i % 9);
    uint64_t seen = ring.producer.header().released.load();
    while (!ring.producer.try_write(RingRecordKind::row, 2, row, payload)) {
      ring.producer.wait_for_progress(seen, 10'000'000);
      seen = ring.producer.header().released.load();
    }
  }
  consumer.join();
  EXPECT_EQ(taken, 3000u);
  EXPECT_EQ(ring.producer.header().committed_sequence.load(), 3000u);
}

TEST(Ring, IsFullUntilSomethingIsReleased) {
  Ends ring = make_ring();
  const std::vector<std::byte> payload(kSmallestRingBytes / 4 - 64);
  int written = 0;
  while (ring.producer.try_write(RingRecordKind::row, 2, {}, payload)) ++written;
  EXPECT_EQ(written, 4);
  ASSERT_OK(ring.consumer.next());
  EXPECT_FALSE(ring.producer.try_write(RingRecordKind::row, 2, {}, payload)) << "read is not released";
  ring.consumer.release(1);
  EXPECT_TRUE(ring.producer.try_write(RingRecordKind::row, 2, {}, payload));
}

TEST(Ring, ASecondConsumerStartsAtWhatTheFirstDidNotRelease) {
  Ends ring = make_ring();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(ring.producer.try_write(RingRecordKind::row, uint8_t(i), {}, {}));
  ASSERT_OK(ring.consumer.next());
  ASSERT_OK(ring.consumer.next());
  ring.consumer.release(1);
  ASSERT_OK(ring.consumer.next());
  auto memory = RingMemory::attach(::dup(ring.producer.fd()));
  ASSERT_OK(memory);
  RingConsumer second(std::move(*memory));
  const auto record = second.next();
  ASSERT_OK(record);
  ASSERT_TRUE(*record);
  EXPECT_EQ((*record)->sequence, 3u);
  EXPECT_EQ((*record)->type, 2);
}

TEST(Ring, RefusesMemoryThatCouldBeCutOffOrIsNone) {
  const int unsealed = ::memfd_create("x", MFD_CLOEXEC);
  EXPECT_EQ(::ftruncate(unsealed, off_t(kRingHeaderBytes + kSmallestRingBytes)), 0);
  EXPECT_THAT(RingMemory::attach(unsealed).error().message(), HasSubstr("not sealed"));
  EXPECT_FALSE(RingMemory::create(kSmallestRingBytes)->fd() < 0);
}

TEST(Ring, ScribbledOnItGivesErrorsAndNothingOutsideItIsRead) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 3000; ++round) {
    static Ends ring = make_ring();
    auto memory = RingMemory::attach(::dup(ring.producer.fd()));
    ASSERT_OK(memory);
    RingHeader& header = memory->header();
    header.released.store(round % 3 == 0 ? random() : random() % kSmallestRingBytes & ~uint64_t{7});
    header.written.store(round % 5 == 0 ? random() : header.released.load() + random() % 4096);
    // Small numbers are believable lengths.
    for (int i = 0; i < 512; ++i) {
      const uint64_t value = random() >> (random() % 64);
      std::memcpy(memory->at(header.released.load() + uint64_t(i) * 8), &value, sizeof value);
    }
    RingConsumer consumer(std::move(*memory));
    uint64_t sum = 0;
    for (int i = 0; i < 100; ++i) {
      const auto record = consumer.next();
      if (!record || !*record) break;
      for (const auto bytes : {(*record)->row, (*record)->payload})
        for (const std::byte byte : bytes) sum += uint64_t(byte);
    }
    EXPECT_LE(sum, kSmallestRingBytes * 256 * 100);
  }
}

}  // namespace
}  // namespace bygone
