#include "store/work_pool.h"

#include <gmock/gmock.h>

#include <atomic>
#include <stdexcept>

#include "store/compression_queue.h"

namespace bygone {
namespace {

TEST(WorkPoolTest, DoesAllThatIsAskedFor) {
  for (const unsigned threads : {0u, 1u, 3u}) {
    WorkPool pool(threads);
    std::vector<std::future<int>> results;
    for (int i = 0; i < 1000; ++i) results.push_back(pool.begin([i] { return i * i; }));
    for (int i = 0; i < 1000; ++i) ASSERT_EQ(pool.finish(results[size_t(i)]), i * i) << threads;
  }
}

TEST(WorkPoolTest, WhoFindsTheQueueFullDoesTheWorkHimself) {
  WorkPool pool(1);
  std::promise<void> gate;
  const std::shared_future<void> opened = gate.get_future().share();
  std::atomic<int> begun = 0;
  std::vector<std::future<void>> results;
  results.push_back(pool.begin([&, opened] {
    ++begun;
    opened.wait();
  }));
  while (begun == 0) std::this_thread::yield();
  const auto self = std::this_thread::get_id();
  bool done_here = false;
  for (int i = 0; i < 100; ++i) {
    results.push_back(pool.begin([&] {
      if (std::this_thread::get_id() == self) done_here = true;
    }));
  }
  EXPECT_TRUE(done_here) << "100 pieces of work are not to wait for one thread";
  gate.set_value();
  for (auto& result : results) pool.finish(result);
}

TEST(WorkPoolTest, AnErrorReachesWhoWaits) {
  WorkPool pool(1);
  auto result = pool.begin([]() -> int { throw std::runtime_error("x"); });
  EXPECT_THROW(pool.finish(result), std::runtime_error);
  auto next = pool.begin([] { return 1; });
  EXPECT_EQ(pool.finish(next), 1);
}

TEST(WorkPoolTest, CompressedBytesComeInTheOrderOfTheirAsking) {
  WorkPool pool(3);
  std::vector<size_t> sizes;
  {
    CompressionQueue queue(pool);
    for (size_t i = 0; i < 300; ++i)
      queue.add(
          [i] {
            std::this_thread::sleep_for(std::chrono::microseconds(i * 7919 % 300));
            return std::vector<std::byte>(i);
          },
          [&](std::span<const std::byte> bytes) { sizes.push_back(bytes.size()); });
    queue.store_all();
  }
  ASSERT_EQ(sizes.size(), 300u);
  EXPECT_TRUE(std::is_sorted(sizes.begin(), sizes.end()));
}

}  // namespace
}  // namespace bygone
