#include "store/store.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "sample_recording.h"
#include "store/catalog.h"

namespace bygone {
namespace {

using testing::HasSubstr;

FileIdentity identity_of(int fd) {
  struct stat file {};
  ::fstat(fd, &file);
  return {{0, 1},
          file.st_ino,
          uint64_t(file.st_size),
          file.st_mtim.tv_sec * 1'000'000'000 + file.st_mtim.tv_nsec,
          file.st_ctim.tv_sec * 1'000'000'000 + file.st_ctim.tv_nsec};
}

class File {
 public:
  File(const std::filesystem::path& path, std::span<const std::byte> bytes) : path_(path) {
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
    fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  }
  ~File() { ::close(fd_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
  int fd_ = -1;
};

class StoreTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = Store::open(directory_ / "store");
    ASSERT_OK(opened);
    store_.emplace(std::move(*opened));
  }
  Store::NewRecording create(std::string_view name, std::string_view program = "ls") {
    auto created = store_->create(name, program, {{"command", "ls -l"}});
    EXPECT_TRUE(created) << created.error().message();
    return std::move(*created);
  }

  test::ScratchFolder directory_;
  std::optional<Store> store_;
};

TEST_F(StoreTest, IsReadableByItsOwnerOnly) {
  struct stat status {};
  ASSERT_EQ(::stat(store_->directory().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
}

TEST_F(StoreTest, NumbersRecordingsOfOneProgram) {
  EXPECT_EQ(create("", "/bin/ls").name, "ls-0");
  EXPECT_EQ(create("", "/bin/ls").name, "ls-1");
  EXPECT_EQ(create("", "ls").name, "ls-2");
  EXPECT_EQ(create("", "/odd/na me").name, "na_me-0");
}

TEST_F(StoreTest, RefusesNamesInUseAndNamesThatAreNone) {
  create("mine");
  for (const char* name : {"mine", "a/b", "..", ".hidden", "-x", "a b", "a\nb"}) {
    const auto again = store_->create(name, "ls", {});
    ASSERT_FALSE(again) << name;
    EXPECT_EQ(again.error().kind, ErrorKind::usage) << name;
  }
}

TEST_F(StoreTest, ListsWhatIsBeingRecordedAndHowTheOthersEnded) {
  auto live = create("live");
  ASSERT_OK(append_frame(*live.sink, 1));
  ASSERT_OK(live.sink->commit());
  {
    auto done = create("done");
    Task task;
    task.id = TaskId{1};
    task.tid = Tid{100};
    task.first_event = EventNumber{1};
    ASSERT_OK(append_row(*done.sink, task));
    ASSERT_OK(append_frame(*done.sink, 1));
    ASSERT_OK(append_row(*done.sink, TaskEnd{TaskId{1}, EventNumber{2}, 3 << 8}));
    ASSERT_OK(append_frame(*done.sink, 2));
  }
  {
    auto cut = create("cut");
    ASSERT_OK(append_frame(*cut.sink, 1));
  }
  std::ofstream(store_->directory() / "recordings/junk.db")
      << "this is not a database, but long enough to try";
  const auto all = store_->list();
  ASSERT_OK(all);
  std::map<std::string, RecordingSummary> by_name;
  for (const auto& summary : *all) by_name[summary.name] = summary;
  EXPECT_EQ(by_name["live"].outcome, "recording");
  EXPECT_EQ(by_name["live"].events, 1u);
  EXPECT_EQ(by_name["live"].command, "ls -l");
  EXPECT_EQ(by_name["done"].outcome, "exited 3");
  EXPECT_EQ(by_name["done"].events, 2u);
  EXPECT_EQ(by_name["cut"].outcome, "interrupted");
  EXPECT_THAT(by_name["junk"].problem, HasSubstr("not a SQLite database"));
  EXPECT_FALSE(store_->remove("live"));
  EXPECT_TRUE(store_->remove("junk"));
}

TEST_F(StoreTest, ReportsAKilledWriterAsInterruptedAndKeepsWhatItCommitted) {
  const pid_t child = ::fork();
  if (child == 0) {
    auto created = store_->create("killed", "ls", {});
    for (uint64_t event = 1; event <= 10; ++event) static_cast<void>(append_frame(*created->sink, event));
    static_cast<void>(created->sink->commit());
    static_cast<void>(append_frame(*created->sink, 11));
    ::raise(SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  // The service takes what is left in the ring.
  std::unique_ptr<RecordingReader> reader;
  for (int i = 0; i < 200 && (!reader || reader->outcome() != "interrupted"); ++i) {
    ::usleep(10'000);
    auto opened = store_->read("killed");
    if (opened) reader = std::move(*opened);
  }
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->outcome(), "interrupted");
  EXPECT_EQ(reader->last_event(), EventNumber{11});
}

TEST_F(StoreTest, ReadsTheLatestAndSaysWhenThereIsNone) {
  const auto none = store_->read("");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::not_found);
  create("first");
  create("second");
  const auto latest = store_->read("");
  ASSERT_OK(latest);
  EXPECT_EQ((*latest)->name(), "second");
  const auto unknown = store_->read("third");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, ErrorKind::not_found);
}

TEST_F(StoreTest, KeepsTheContentOfFilesOnceWhoeverRecordsThem) {
  auto bytes = noise(300'000, 1);
  std::fill(bytes.begin() + 65536, bytes.begin() + 3 * 65536, std::byte{0});
  const File file(directory_ / "libc.so", bytes);
  const File copy(directory_ / "copy.so", bytes);
  for (const char* name : {"one", "two"}) {
    auto recording = create(name);
    const auto id = recording.sink->add_file(file.fd(), identity_of(file.fd()), file.path());
    ASSERT_OK(id);
    EXPECT_EQ(*id, ContentId{1});
    EXPECT_EQ(recording.sink->add_file(copy.fd(), identity_of(copy.fd()), copy.path()), ContentId{2});
  }
  auto catalog = Catalog::open(store_->directory() / "catalog.db");
  ASSERT_OK(catalog);
  auto counts = (*catalog)->counts();
  ASSERT_OK(counts);
  EXPECT_EQ(counts->contents, 1u);
  EXPECT_EQ(counts->chunks, 3u) << "five chunks, two of zeros";
  const auto reader = store_->read("two");
  ASSERT_OK(reader);
  EXPECT_EQ((*reader)->content(ContentId{1})->size_bytes, 300'000u);
  for (const size_t offset : {size_t{0}, size_t{1}, size_t{65530}, size_t{200'000}}) {
    std::vector<std::byte> out(100'000);
    ASSERT_OK((*reader)->read_content(ContentId{1}, offset, out));
    EXPECT_TRUE(std::equal(out.begin(), out.end(), bytes.begin() + ptrdiff_t(offset))) << offset;
  }
  std::vector<std::byte> beyond(10);
  EXPECT_FALSE((*reader)->read_content(ContentId{1}, 299'991, beyond));
  ASSERT_OK(store_->remove("one"));
  EXPECT_EQ((*catalog)->counts()->chunks, 3u);
  ASSERT_OK(store_->remove("two"));
  EXPECT_EQ((*catalog)->counts()->chunks, 0u);
  EXPECT_EQ((*catalog)->counts()->contents, 0u);
}

TEST_F(StoreTest, DoesNotReadAFileAgainThatHasNotChanged) {
  const File young(directory_ / "young", noise(100'000, 2));
  const int shell = ::open("/bin/sh", O_RDONLY | O_CLOEXEC);
  {
    auto first = create("first");
    ASSERT_OK(first.sink->add_file(young.fd(), identity_of(young.fd()), young.path()));
    ASSERT_OK(first.sink->add_file(shell, identity_of(shell), "/bin/sh"));
    ASSERT_OK(first.sink->commit());
  }
  auto second = create("second");
  // That a file is read shows where it cannot be.
  const auto again = second.sink->add_file(-1, identity_of(shell), "/bin/sh");
  ::close(shell);
  ASSERT_OK(again);
  ASSERT_OK(second.sink->commit());
  EXPECT_FALSE(second.sink->add_file(-1, identity_of(young.fd()), young.path())) << "too young to be trusted";
  const auto one = store_->read("first"), two = store_->read("second");
  ASSERT_OK(one);
  ASSERT_OK(two);
  EXPECT_EQ((*one)->content(ContentId{2})->sha256, (*two)->content(*again)->sha256);
}

}  // namespace
}  // namespace bygone
