#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include "sample_recording.h"
#include "store/catalog.h"
#include "store/pack.h"
#include "store/recording_files.h"
#include "store/verify.h"

namespace bygone {
namespace {

using testing::HasSubstr;

// What a program might read: a little, a page, an odd number of bytes, more than one piece of the ring.
constexpr size_t kSizes[] = {100, 4096, 70'001, 1 << 20, (512 << 10) + 100};

class SharedPayloadsTest : public testing::Test {
 protected:
  void SetUp() override { store_.emplace(open("store")); }

  Store open(std::string_view name) {
    auto store = Store::open(directory_ / name);
    EXPECT_TRUE(store) << store.error().message();
    return std::move(*store);
  }
  // Every payload comes twice.
  void record(Store& store, std::string_view name, uint64_t seed) {
    auto created = store.create(name, name, {});
    ASSERT_OK(created);
    uint64_t event = 0;
    for (int round = 0; round < 2; ++round)
      for (const size_t size : kSizes) {
        ++event;
        ASSERT_OK(append_write(*created->sink, event, 0, noise(size, seed + size)));
        ASSERT_OK(append_frame(*created->sink, event));
      }
  }
  void expect_whole(RecordingReader& reader, uint64_t seed) {
    std::vector<size_t> sizes;
    ASSERT_OK(reader.for_each_full_frame(
        EventNumber{1}, reader.last_event(), [&](FullFrame& frame) -> Expected<bool> {
          for (const WriteWithBytes& write : frame.writes) {
            sizes.push_back(write.bytes.size());
            EXPECT_EQ(write.bytes, noise(write.bytes.size(), seed + write.bytes.size()));
          }
          return true;
        }));
    std::vector<size_t> expected(std::begin(kSizes), std::end(kSizes));
    expected.insert(expected.end(), std::begin(kSizes), std::end(kSizes));
    EXPECT_EQ(sizes, expected);
    ASSERT_OK(verify_recording(reader, VerifyContent::yes));
  }
  CatalogCounts counts() {
    auto catalog = Catalog::open(catalog_path(store_->directory()));
    EXPECT_TRUE(catalog);
    return *(*catalog)->counts();
  }
  uint64_t size_of(std::string_view name) {
    return recording_size_bytes(recording_path(store_->directory(), name));
  }

  test::ScratchFolder directory_;
  std::optional<Store> store_;
};

TEST_F(SharedPayloadsTest, WhatWasReadBeforeTakesNoSpaceAgain) {
  record(*store_, "first", 1);
  const CatalogCounts once = counts();
  EXPECT_GT(once.raw_bytes, 1'600'000u);
  EXPECT_LT(once.raw_bytes, 1'700'000u);
  EXPECT_LT(size_of("first"), 100'000u);
  record(*store_, "second", 1);
  EXPECT_EQ(counts().raw_bytes, once.raw_bytes);
  EXPECT_EQ(counts().stored_bytes, once.stored_bytes);
  for (const char* name : {"first", "second"}) {
    const auto reader = store_->read(name);
    ASSERT_OK(reader);
    expect_whole(**reader, 1);
  }
}

TEST_F(SharedPayloadsTest, AChunkStaysAsLongAsOneRecordingRefersToIt) {
  record(*store_, "first", 1);
  record(*store_, "second", 1);
  record(*store_, "third", 2);
  const CatalogCounts all = counts();
  ASSERT_OK(store_->remove("third"));
  EXPECT_LT(counts().raw_bytes, all.raw_bytes * 6 / 10);
  ASSERT_OK(store_->remove("first"));
  EXPECT_EQ(store_->collect_garbage(), 0u);
  {
    const auto reader = store_->read("second");
    ASSERT_OK(reader);
    expect_whole(**reader, 1);
  }
  std::filesystem::remove(recording_path(store_->directory(), "second"));
  EXPECT_GT(*store_->collect_garbage(), 1'600'000u);
  EXPECT_EQ(counts().chunks, 0u);
}

TEST_F(SharedPayloadsTest, APackedFileCarriesThemAndAnImportedOneSharesThem) {
  record(*store_, "first", 1);
  const std::filesystem::path file = directory_ / "first.bygone";
  ASSERT_OK(pack_recording(*store_, "first", file));
  Store other = open("other");
  {
    const auto packed = other.read(file.string());
    ASSERT_OK(packed);
    expect_whole(**packed, 1);
  }
  ASSERT_OK(store_->remove("first"));
  EXPECT_EQ(counts().chunks, 0u);
  ASSERT_OK(import_recording(*store_, file, "again"));
  const CatalogCounts imported = counts();
  record(*store_, "second", 1);
  EXPECT_EQ(counts().raw_bytes, imported.raw_bytes);
  const auto reader = store_->read("again");
  ASSERT_OK(reader);
  expect_whole(**reader, 1);
}

TEST_F(SharedPayloadsTest, VerifyFindsAChunkThatIsGoneOrHoldsOtherBytes) {
  record(*store_, "first", 1);
  const auto verify = [&] {
    const auto reader = store_->read("first");
    return reader ? verify_recording(**reader, VerifyContent::no).map([](auto) {})
                  : Expected<void>(tl::unexpected(reader.error()));
  };
  ASSERT_OK(verify());
  SQLite::Database catalog(catalog_path(store_->directory()).string(), SQLite::OPEN_READWRITE);
  catalog.exec(
      "UPDATE chunk SET bytes = (SELECT bytes FROM chunk o WHERE o.id <> chunk.id AND o.size_bytes = "
      "chunk.size_bytes) WHERE id = (SELECT max(id) FROM chunk WHERE size_bytes = 65536)");
  const auto exchanged = verify();
  ASSERT_FALSE(exchanged);
  EXPECT_THAT(exchanged.error().message(), HasSubstr("SHA-256"));
  catalog.exec("DELETE FROM chunk WHERE size_bytes = 4096");
  const auto gone = verify();
  ASSERT_FALSE(gone);
  EXPECT_THAT(gone.error().message(), HasSubstr("is not in the store"));
}

TEST_F(SharedPayloadsTest, ACatalogOfTheFirstFormatIsBroughtUpToDate) {
  record(*store_, "first", 1);
  const std::filesystem::path path = catalog_path(store_->directory());
  {
    SQLite::Database catalog(path.string(), SQLite::OPEN_READWRITE);
    catalog.exec("DROP TABLE chunk_use; DROP TABLE chunk_user; PRAGMA user_version = 1");
  }
  record(*store_, "second", 1);
  const auto reader = store_->read("second");
  ASSERT_OK(reader);
  expect_whole(**reader, 1);
}

TEST_F(SharedPayloadsTest, ARecordingOfTheFirstFormatIsRead) {
  auto created = store_->create("old", "old", {});
  ASSERT_OK(created);
  ASSERT_OK(append_write(*created->sink, 1, 0, noise(1000, 1)));
  ASSERT_OK(append_frame(*created->sink, 1));
  created->sink.reset();
  {
    SQLite::Database old(recording_path(store_->directory(), "old").string(), SQLite::OPEN_READWRITE);
    old.exec("DROP TABLE shared_chunk; PRAGMA user_version = 1");
  }
  const auto reader = store_->read("old");
  ASSERT_OK(reader);
  ASSERT_OK(verify_recording(**reader, VerifyContent::yes));
  ASSERT_OK(pack_recording(*store_, "old", directory_ / "old.bygone"));
}

}  // namespace
}  // namespace bygone
