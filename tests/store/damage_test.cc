// Recordings that are cut, scribbled on or not ours: reading them gives errors or old truth, never a crash.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sqlite3.h>
#include <unistd.h>

#include "sample_recording.h"
#include "store/verify.h"

namespace bygone {
namespace {

using testing::AnyOf;
using testing::Eq;
using testing::HasSubstr;

std::string slurp(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void spit(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc).write(bytes.data(), std::ssize(bytes));
}

// One recording for all tests: big enough for several pages of every table.
class DamageTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = new test::ScratchFolder;
    auto store = Store::open(*directory_ / "store");
    ASSERT_OK(store);
    auto created = store->create("sound", "sound", {{"command", "sound"}});
    ASSERT_OK(created);
    RecordSink& sink = *created->sink;
    const std::filesystem::path mapped = *directory_ / "mapped";
    spit(mapped, std::string(200'000, 'm') + "end");
    const int fd = ::open(mapped.c_str(), O_RDONLY | O_CLOEXEC);
    const auto content = sink.add_file(fd, FileIdentity{{0, 1}, 5, 200'003, 1, 1}, mapped.string());
    ::close(fd);
    ASSERT_OK(content);
    for (uint64_t event = 1; event <= 3000; ++event) {
      if (event % 2 == 0) {
        ASSERT_OK(append_write(sink, event, 0, noise(200, event)));
      }
      if (event % 3 == 0) {
        ASSERT_OK(append_row(sink, mapping_of(event, 1, event, event << 12, 0x1000)));
      }
      if (event % 3 == 1 && event > 10) {
        ASSERT_OK(append_row(sink, MappingEnd{MappingId{event - 1}, EventNumber{event}}));
      }
      ASSERT_OK(append_frame(sink, event));
    }
    created->sink.reset();
    sound_ = slurp(store->directory() / "recordings/sound.db");
    catalog_ = store->directory() / "catalog.db";
  }
  static void TearDownTestSuite() { delete directory_; }

  // Does everything a reader can do; returns the number of errors met.
  static int exercise(const std::filesystem::path& file) {
    auto reader = RecordingReader::open(file, catalog_);
    if (!reader) {
      EXPECT_THAT(reader.error().kind,
                  AnyOf(Eq(ErrorKind::bad_data), Eq(ErrorKind::io), Eq(ErrorKind::no_permission)))
          << reader.error().message();
      EXPECT_FALSE(reader.error().message().empty());
      return 1;
    }
    int errors = 0;
    const auto count = [&](const auto& result) {
      if (result) return;
      ++errors;
      EXPECT_FALSE(result.error().cause.empty());
    };
    RecordingReader& from = **reader;
    uint64_t frames = 0;
    count(from.for_each_full_frame(EventNumber{1}, from.last_event(),
                                   [&](FullFrame&) { return Expected<bool>(++frames < 100'000); }));
    for (const uint64_t event : {3u, 501u, 1500u, 2997u}) {
      count(from.mappings_at(AddressSpaceId{1}, EventNumber{event}));
      count(from.mappings_begun_since(AddressSpaceId{1}, EventNumber{event / 2}, EventNumber{event}));
      count(from.mapping_bytes(MappingId{event}));
      count(from.digests_at(EventNumber{event}));
    }
    count(from.tasks());
    count(from.address_spaces());
    count(from.uncaptured_calls());
    std::vector<std::byte> bytes(1000);
    count(from.read_content(ContentId{1}, 199'000, bytes));
    count(verify_recording(from, VerifyContent::yes));
    return errors;
  }

  static test::ScratchFolder* directory_;
  static std::string sound_;
  static std::filesystem::path catalog_;
};
test::ScratchFolder* DamageTest::directory_;
std::string DamageTest::sound_;
std::filesystem::path DamageTest::catalog_;

TEST_F(DamageTest, TheSoundRecordingHasNoErrors) {
  spit(*directory_ / "copy.db", sound_);
  EXPECT_EQ(exercise(*directory_ / "copy.db"), 0);
}

TEST_F(DamageTest, CutAnywhereItIsAnError) {
  const std::filesystem::path file = *directory_ / "cut.db";
  for (size_t i = 0; i < 120; ++i) {
    const size_t size = i < 20 ? i * 9 : sound_.size() * (i - 20) / 100;
    spit(file, std::string_view(sound_).substr(0, size));
    EXPECT_GT(exercise(file), 0) << "cut at " << size;
  }
}

TEST_F(DamageTest, BytesFlippedAnywhereDoNotCrash) {
  const std::filesystem::path file = *directory_ / "flipped.db";
  uint64_t state = 42;
  for (int round = 0; round < 150; ++round) {
    std::string damaged = sound_;
    for (int flips = 0; flips <= round % 8; ++flips) {
      state = state * 6364136223846793005 + 1442695040888963407;
      const size_t at = round < 60 ? (state >> 20) % 2000 : (state >> 20) % damaged.size();
      damaged[at] = char(damaged[at] ^ char(1 + (state >> 57)));
    }
    spit(file, damaged);
    exercise(file);
  }
}

TEST_F(DamageTest, PagesOverwrittenWithOthersDoNotCrash) {
  const std::filesystem::path file = *directory_ / "shuffled.db";
  const size_t pages = sound_.size() / 16384;
  for (size_t page = 1; page < pages; ++page) {
    std::string damaged = sound_;
    damaged.replace(page * 16384, 16384, sound_, (page * 7 % pages) * 16384, 16384);
    spit(file, damaged);
    exercise(file);
  }
}

struct Edit {
  const char* name;
  const char* sql;
  const char* cause;  // part of the message of opening it, or of verifying it
};

class EditedTest : public DamageTest, public testing::WithParamInterface<Edit> {};

TEST_P(EditedTest, IsFoundOut) {
  const std::filesystem::path file = *directory_ / "edited.db";
  spit(file, sound_);
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  char* message = nullptr;
  ASSERT_EQ(sqlite3_exec(database, GetParam().sql, nullptr, nullptr, &message), SQLITE_OK) << message;
  sqlite3_close(database);
  EXPECT_GT(exercise(file), 0);
  const auto reader = RecordingReader::open(file, catalog_);
  const auto result =
      reader ? verify_recording(**reader, VerifyContent::yes) : tl::unexpected(reader.error());
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message(), HasSubstr(GetParam().cause));
}

INSTANTIATE_TEST_SUITE_P(
    Table, EditedTest,
    testing::Values(
        Edit{"newer", "PRAGMA user_version = 7; UPDATE header SET value = '7' WHERE key = 'oldest_reader'",
             "takes a bygone that reads format 7"},
        Edit{"versionless", "PRAGMA user_version = 0", "no known format"},
        Edit{"foreign", "PRAGMA application_id = 5", "not a recording"},
        Edit{"no_table", "DROP TABLE signal", "table signal is missing"},
        Edit{"no_column", "ALTER TABLE content DROP COLUMN ctime_ns", "has not the columns"},
        Edit{"trigger", "CREATE TRIGGER t AFTER UPDATE ON header BEGIN DELETE FROM frame; END",
             "has triggers"},
        Edit{"view",
             "DROP TABLE output; CREATE VIEW output AS WITH RECURSIVE r(event) AS (SELECT 1 UNION ALL SELECT "
             "event FROM r) SELECT event, 0 AS ordinal, 1 AS stream, 0 AS size_bytes, 1 AS blob, 0 AS "
             "blob_offset_bytes, 0 AS blob_size_bytes FROM r",
             "no plain table"},
        Edit{"computed",
             "DROP TABLE task_address_space; CREATE TABLE task_address_space(task INTEGER, address_space "
             "INTEGER, first_event INTEGER AS (task), end_event INTEGER)",
             "computed columns"},
        Edit{"virtual", "DROP TABLE call_name; CREATE VIRTUAL TABLE call_name USING fts5(number, name)",
             "no plain table"},
        Edit{"frame_gone", "DELETE FROM frame WHERE event = 1500", "event 1500"},
        // Where a chunk begins is up to the clock: the service commits what it has.
        Edit{"chunk_gone",
             "DELETE FROM frame_chunk WHERE first_event = (SELECT max(first_event) FROM frame_chunk)",
             "registers of event"},
        Edit{"chunk_long", "UPDATE frame_chunk SET last_event = 1025 WHERE first_event = 1", "registers"},
        Edit{"chunk_huge", "UPDATE frame_chunk SET last_event = 9000000000000 WHERE first_event = 1",
             "impossible size"},
        Edit{"event_huge",
             "INSERT INTO frame(event, task, kind, time_ns) VALUES(9223372036854775807, 1, 1, 0)",
             "impossible number"},
        Edit{"kind", "UPDATE frame SET kind = 99 WHERE event = 7", "column 'kind'"},
        Edit{"text_for_number", "UPDATE memory_write SET address = 'x' WHERE event = 8", "column 'address'"},
        Edit{"tid", "UPDATE frame SET task = 7 WHERE event = 9", "another task"},
        Edit{"blob_gone", "DELETE FROM blob WHERE id = 2", "blob 2"},
        Edit{"blob_bomb", "UPDATE blob SET bytes = x'28b52ffda0ffffff7f' WHERE id = 1", "claim"},
        Edit{"blob_text", "UPDATE blob SET bytes = 'junk' WHERE id = 1", "no zstd frame"},
        Edit{"payload_long", "UPDATE memory_write SET blob_size_bytes = 1000000000000 WHERE event = 8",
             "blob"},
        Edit{"payload_other", "UPDATE memory_write SET size_bytes = 3 WHERE event = 8", "where it says 3"},
        Edit{"payload_nowhere", "UPDATE memory_write SET blob = 0 WHERE event = 8", "where its bytes are"},
        Edit{"payload_unshared", "UPDATE memory_write SET blob = -3 WHERE event = 8", "shared chunk 3"},
        Edit{"prot", "UPDATE mapping SET prot = 'rwxq' WHERE id = 3", "column 'prot'"},
        Edit{"backwards", "UPDATE mapping SET end_event = 2 WHERE id = 12", "ends before it begins"},
        Edit{"overlap", "UPDATE mapping SET \"end\" = \"start\" + 40960 WHERE id = 3", "overlap"},
        Edit{"checkpoint", "UPDATE mapping_checkpoint SET mappings = x'00'", "mapping checkpoint"},
        Edit{"checkpoint_lies", "UPDATE mapping_checkpoint SET mappings = x'01'", "mapping checkpoint"},
        Edit{"content", "UPDATE content SET sha256 = 'ab'", "is not in the store"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace bygone
