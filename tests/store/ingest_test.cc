#include "store/ingest.h"

#include <gmock/gmock.h>

#include "sample_recording.h"

namespace bygone {
namespace {

using testing::HasSubstr;

class IngestTest : public testing::Test {
 protected:
  void SetUp() override {
    IngestOptions options;
    options.database = directory_ / "sample.db";
    options.clock_ns = [this] { return now_ns_; };
    auto created = Ingest::create(std::move(options));
    ASSERT_OK(created);
    ingest_ = std::move(*created);
  }
  template <class Row>
  Expected<void> append(const Row& row, std::span<const std::byte> payload = {}) {
    std::vector<std::byte> bytes;
    encode_row(row, bytes);
    return ingest_->append(RowFields<Row>::type, bytes, payload);
  }
  Expected<void> frame(uint64_t event) { return append(frame_of(event), bytes_of(registers_for(event))); }
  std::unique_ptr<RecordingReader> reader() {
    auto opened = RecordingReader::open(directory_ / "sample.db", {});
    EXPECT_TRUE(opened) << opened.error().message();
    return std::move(*opened);
  }

  test::ScratchFolder directory_;
  int64_t now_ns_ = 0;
  std::unique_ptr<Ingest> ingest_;
};

TEST_F(IngestTest, ShowsNoRowOfAnEventBeforeItsFrame) {
  ASSERT_OK(append(mapping_of(1, 1, 1, 0x1000, 0x1000)));
  ASSERT_OK(frame(1));
  ASSERT_OK(append(MappingEnd{MappingId{1}, EventNumber{2}}));
  ASSERT_OK(append(mapping_of(2, 1, 2, 0x1000, 0x1000)));
  ASSERT_OK(ingest_->commit());
  const auto before = reader();
  EXPECT_EQ(before->last_event(), EventNumber{1});
  const auto old = before->mappings_at(AddressSpaceId{1}, EventNumber{2});
  ASSERT_OK(old);
  ASSERT_EQ(old->size(), 1u);
  EXPECT_EQ(old->front().id, MappingId{1});
  EXPECT_EQ(old->front().end_event, kNoEvent);
  ASSERT_OK(frame(2));
  ASSERT_OK(ingest_->commit());
  const auto after = reader()->mappings_at(AddressSpaceId{1}, EventNumber{2});
  ASSERT_OK(after);
  ASSERT_EQ(after->size(), 1u);
  EXPECT_EQ(after->front().id, MappingId{2});
}

TEST_F(IngestTest, DropsTheRowsOfAnEventThatNeverGotItsFrame) {
  ASSERT_OK(frame(1));
  ASSERT_OK(append(mapping_of(1, 1, 2, 0x1000, 0x1000)));
  ASSERT_OK(ingest_->close());
  EXPECT_TRUE(reader()->mappings_begun(AddressSpaceId{1}, EventNumber{2})->empty());
}

TEST_F(IngestTest, CommitsWhenTheIntervalHasPassed) {
  ASSERT_OK(frame(1));
  EXPECT_EQ(ingest_->counts().committed_event, EventNumber{0});
  now_ns_ = 200'000'000;
  ASSERT_OK(ingest_->tick());
  EXPECT_EQ(ingest_->counts().committed_event, EventNumber{1});
  EXPECT_EQ(reader()->last_event(), EventNumber{1});
  now_ns_ += 200'000'000;
  ASSERT_OK(frame(2));
  EXPECT_EQ(reader()->last_event(), EventNumber{2});
}

TEST_F(IngestTest, RejectsRecordsThatCannotBe) {
  const auto rejects = [&](std::string_view cause, const Expected<void>& result) {
    ASSERT_FALSE(result) << cause;
    EXPECT_THAT(result.error().message(), HasSubstr(cause));
  };
  rejects("came after event 0", frame(2));
  rejects("came after event 0", frame(1));  // nothing is accepted any more
  EXPECT_EQ(reader()->last_event(), EventNumber{0});
}

struct Reject {
  const char* name;
  RecordType type;
  std::vector<std::byte> row;
  std::vector<std::byte> payload;
  const char* cause;
};

class IngestRejects : public IngestTest, public testing::WithParamInterface<Reject> {};

template <class Row>
std::vector<std::byte> encoded(const Row& row) {
  std::vector<std::byte> bytes;
  encode_row(row, bytes);
  return bytes;
}

TEST_P(IngestRejects, AndKeepsWhatWasCommitted) {
  ASSERT_OK(frame(1));
  ASSERT_OK(ingest_->commit());
  ASSERT_OK(frame(2));
  const auto result = ingest_->append(GetParam().type, GetParam().row, GetParam().payload);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::bad_data);
  EXPECT_THAT(result.error().message(), HasSubstr(GetParam().cause));
  EXPECT_FALSE(frame(3));
  EXPECT_FALSE(ingest_->commit());
  ingest_.reset();
  EXPECT_EQ(reader()->last_event(), EventNumber{1});
  EXPECT_EQ(reader()->outcome(), "interrupted");
}

INSTANTIATE_TEST_SUITE_P(
    Table, IngestRejects,
    testing::Values(Reject{"type0", RecordType{0}, {}, {}, "of no known type"},
                    Reject{"type255", RecordType{255}, {}, {}, "of no known type"},
                    Reject{"empty", RecordType::frame, {}, {}, "cut short"},
                    Reject{"hole", RecordType::frame, encoded(frame_of(4)), {}, "came after event 2"},
                    Reject{"doubled", RecordType::frame, encoded(frame_of(2)), {}, "came after event 2"},
                    Reject{"registers", RecordType::frame, encoded(frame_of(3)), bytes_of("abc"),
                           "impossible size"},
                    Reject{"future",
                           RecordType::mapping,
                           encoded(mapping_of(1, 1, 4, 0x1000, 0x1000)),
                           {},
                           "came after event 2"},
                    Reject{"payload", RecordType::task_command, encoded(TaskCommand{TaskId{1}, "x"}),
                           bytes_of("abc"), "where none belongs"},
                    Reject{"nobody",
                           RecordType::mapping_end,
                           encoded(MappingEnd{MappingId{9}, EventNumber{2}}),
                           {},
                           "does not exist"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace bygone
