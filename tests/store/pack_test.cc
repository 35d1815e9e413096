#include "store/pack.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include "sample_recording.h"
#include "store/catalog.h"
#include "store/verify.h"

namespace bygone {
namespace {

using testing::HasSubstr;

class PackTest : public testing::Test {
 protected:
  void SetUp() override {
    store_.emplace(open("store"));
    bytes_ = noise(200'000, 5);
    std::ofstream(directory_ / "program", std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes_.data()), std::ssize(bytes_));
    auto created = store_->create("mine", "mine", {{"command", "mine --all"}});
    ASSERT_OK(created);
    const int fd = ::open((directory_ / "program").c_str(), O_RDONLY | O_CLOEXEC);
    ASSERT_OK(created->sink->add_file(fd, FileIdentity{{0, 1}, 9, bytes_.size(), 1, 1}, "/bin/program"));
    ::close(fd);
    for (uint64_t event = 1; event <= 100; ++event) {
      ASSERT_OK(append_write(*created->sink, event, 0, noise(1000, event)));
      ASSERT_OK(append_frame(*created->sink, event));
    }
  }
  Store open(std::string_view name) {
    auto store = Store::open(directory_ / name);
    EXPECT_TRUE(store) << store.error().message();
    return std::move(*store);
  }
  void expect_whole(RecordingReader& reader) {
    EXPECT_EQ(reader.header("command"), "mine --all");
    const auto report = verify_recording(reader, VerifyContent::yes);
    ASSERT_OK(report);
    EXPECT_EQ(report->events, 100u);
    EXPECT_EQ(report->contents, 1u);
    std::vector<std::byte> out(bytes_.size());
    ASSERT_OK(reader.read_content(ContentId{1}, 0, out));
    EXPECT_EQ(out, bytes_);
  }

  test::ScratchFolder directory_;
  std::optional<Store> store_;
  std::vector<std::byte> bytes_;
};

TEST_F(PackTest, APackedFileStandsAlone) {
  const std::filesystem::path file = directory_ / "mine.bygone";
  const auto report = pack_recording(*store_, "mine", file);
  ASSERT_OK(report);
  EXPECT_EQ(report->events, 100u);
  EXPECT_EQ(report->contents, 1u);
  test::remove_tree(directory_ / "store");
  const Store other = open("other");
  const auto reader = other.read(file.string());
  ASSERT_OK(reader);
  expect_whole(**reader);
  EXPECT_FALSE(std::filesystem::exists(file.string() + ".part"));
}

TEST_F(PackTest, AnImportedRecordingIsLikeTheOriginal) {
  const std::filesystem::path file = directory_ / "mine.bygone";
  ASSERT_OK(pack_recording(*store_, "mine", file));
  const Store other = open("other");
  EXPECT_EQ(import_recording(other, file, ""), "mine");
  EXPECT_EQ(import_recording(other, file, ""), "mine-0");
  EXPECT_EQ(import_recording(other, file, "yours"), "yours");
  EXPECT_FALSE(import_recording(other, file, "yours"));
  std::filesystem::remove(file);
  for (const char* name : {"mine", "mine-0", "yours"}) {
    const auto reader = other.read(name);
    ASSERT_OK(reader);
    EXPECT_EQ((*reader)->name(), name);
    expect_whole(**reader);
  }
  auto catalog = Catalog::open(directory_ / "other/catalog.db");
  ASSERT_OK(catalog);
  EXPECT_EQ((*catalog)->counts()->contents, 1u);
}

TEST_F(PackTest, DoesNotOverwriteAndLeavesNothingBehindWhenItFails) {
  const std::filesystem::path file = directory_ / "mine.bygone";
  std::ofstream(file) << "precious";
  EXPECT_EQ(pack_recording(*store_, "mine", file).error().kind, ErrorKind::cannot_create);
  EXPECT_EQ(std::filesystem::file_size(file), 8u);
  EXPECT_EQ(pack_recording(*store_, "nobody", directory_ / "x").error().kind, ErrorKind::not_found);
  auto catalog = Catalog::open(directory_ / "store/catalog.db");
  ASSERT_OK(catalog);
  ASSERT_OK((*catalog)->forget("mine"));
  const auto missing = pack_recording(*store_, "mine", directory_ / "y");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message(), HasSubstr("is not in the store's catalog"));
  EXPECT_FALSE(std::filesystem::exists(directory_ / "y"));
  EXPECT_FALSE(std::filesystem::exists(directory_ / "y.part"));
}

TEST_F(PackTest, ADamagedPackIsNotImported) {
  const std::filesystem::path file = directory_ / "mine.bygone";
  ASSERT_OK(pack_recording(*store_, "mine", file));
  std::string damaged;
  {
    std::ifstream in(file, std::ios::binary);
    damaged.assign(std::istreambuf_iterator<char>(in), {});
  }
  // Somewhere inside the mapped file's chunks, which do not compress and so are found as they are.
  const std::string_view needle(reinterpret_cast<const char*>(bytes_.data()) + 70'000, 32);
  const size_t at = damaged.find(needle);
  ASSERT_NE(at, std::string::npos);
  damaged[at] = char(damaged[at] ^ 1);
  std::ofstream(file, std::ios::binary | std::ios::trunc).write(damaged.data(), std::ssize(damaged));
  Store other = open("other");
  const auto imported = import_recording(other, file, "");
  ASSERT_FALSE(imported);
  EXPECT_EQ(imported.error().kind, ErrorKind::bad_data);
  EXPECT_TRUE(other.list()->empty());
  EXPECT_EQ(other.collect_garbage(), 0u);
}

TEST_F(PackTest, GarbageIsWhatNoRecordingRefersTo) {
  EXPECT_EQ(store_->collect_garbage(), 0u);
  std::filesystem::remove(directory_ / "store/recordings/mine.db");
  const auto freed = store_->collect_garbage();
  ASSERT_OK(freed);
  EXPECT_GT(*freed, 190'000u);
}

}  // namespace
}  // namespace bygone
