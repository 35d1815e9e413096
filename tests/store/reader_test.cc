#include <gmock/gmock.h>
#include <sqlite3.h>

#include "sample_recording.h"
#include "store/recording_reader.h"
#include "store/snapshot_reader.h"

namespace bygone {
namespace {

using testing::HasSubstr;

class ReaderTest : public testing::Test {
 protected:
  void SetUp() override {
    auto store = Store::open(directory_ / "store");
    ASSERT_OK(store);
    auto created = store->create("sample", "sample", {{"command", "sample"}, {"uuid", "1-2"}});
    ASSERT_OK(created);
    sink_ = std::move(created->sink);
    store_.emplace(std::move(*store));
  }
  std::unique_ptr<RecordingReader> reader() {
    EXPECT_TRUE(sink_->commit());
    auto opened = store_->read("sample");
    EXPECT_TRUE(opened) << opened.error().message();
    return std::move(*opened);
  }
  std::vector<FullFrame> frames(RecordingReader& from, uint64_t first, uint64_t last) {
    std::vector<FullFrame> all;
    const auto result =
        from.for_each_full_frame(EventNumber{first}, EventNumber{last}, [&](FullFrame& frame) {
          all.push_back(std::move(frame));
          return Expected<bool>(true);
        });
    EXPECT_TRUE(result) << result.error().message();
    return all;
  }

  test::ScratchFolder directory_;
  std::optional<Store> store_;
  std::unique_ptr<RecordSink> sink_;
};

TEST_F(ReaderTest, GivesBackEveryKindOfRow) {
  Task task;
  task.id = TaskId{1};
  task.tid = Tid{100};
  task.tgid = Tid{100};
  task.first_event = EventNumber{1};
  task.command = "sample";
  AddressSpaceRow space;
  space.id = AddressSpaceId{1};
  space.first_event = EventNumber{1};
  space.stack_limit_bytes = 8 << 20;
  Mapping mapping = mapping_of(1, 1, 1, 0xffffffffff600000, 0x1000);
  mapping.recorded.path = "/lib/x (deleted)";
  mapping.recorded.device = {0xfd, 1};
  mapping.recorded.inode = 7;
  mapping.recorded.offset_bytes = 0x2000;
  mapping.recorded.file_stat = {0100755, 12345, -1, 99};
  mapping.kind = MappingKind::vsyscall;
  mapping.data = {DataSource::bytes, ContentId{3}, 0x40, true, Address{0x7000}};
  ASSERT_OK(append_row(*sink_, task));
  ASSERT_OK(append_row(*sink_, space));
  ASSERT_OK(append_row(*sink_, TaskAddressSpace{TaskId{1}, AddressSpaceId{1}, EventNumber{1}, kNoEvent}));
  ASSERT_OK(append_row(*sink_, mapping, bytes_of("mapped bytes")));
  ASSERT_OK(append_row(*sink_, mapping_of(2, 1, 1, 0x1000, 0x1000)));
  ASSERT_OK(append_write(*sink_, 1, 0, bytes_of("first")));
  ASSERT_OK(append_write(*sink_, 1, 1, bytes_of("second")));
  ASSERT_OK(append_row(*sink_, Output{EventNumber{1}, 0, 2, 3}, bytes_of("err")));
  ASSERT_OK(append_row(*sink_,
                       Signal{EventNumber{1}, Tid{100}, 11, -6, SignalPosition::fault, SignalAction::handled},
                       bytes_of("siginfo")));
  ASSERT_OK(append_row(*sink_, ExtendedState{EventNumber{1}, Tid{100}, 5}, bytes_of("xsave")));
  ASSERT_OK(append_row(*sink_, MemoryDigest{EventNumber{1}, AddressSpaceId{1}, Address{0x1000},
                                            Address{0x2000}, 0xfedcba9876543210}));
  ASSERT_OK(append_row(*sink_, UncapturedCall{16, "ioctl 0x1", 2, EventNumber{1}}));
  ASSERT_OK(append_row(*sink_, CallName{0, "read"}));
  ASSERT_OK(append_frame(*sink_, 1));
  ASSERT_OK(append_row(*sink_, TaskCommand{TaskId{1}, "other"}));
  ASSERT_OK(append_row(*sink_, TaskEnd{TaskId{1}, EventNumber{2}, 9}));
  ASSERT_OK(append_row(*sink_, TaskAddressSpaceEnd{TaskId{1}, AddressSpaceId{1}, EventNumber{2}}));
  ASSERT_OK(append_row(*sink_, AddressSpaceEnd{AddressSpaceId{1}, EventNumber{2}}));
  ASSERT_OK(append_row(*sink_, MappingEnd{MappingId{2}, EventNumber{2}}));
  ASSERT_OK(append_frame(*sink_, 2));

  const auto from = reader();
  EXPECT_EQ(from->name(), "sample");
  EXPECT_EQ(from->header("uuid"), "1-2");
  EXPECT_EQ(from->header("no such key"), "");
  const auto all = frames(*from, 1, 2);
  ASSERT_EQ(all.size(), 2u);
  const FullFrame& first = all[0];
  EXPECT_EQ(first.frame.result, 1);
  EXPECT_EQ(first.frame.time_ns, 10u);
  EXPECT_EQ(first.registers, registers_for(1));
  ASSERT_EQ(first.writes.size(), 2u);
  EXPECT_EQ(first.writes[0].bytes, bytes_of("first"));
  EXPECT_EQ(first.writes[1].bytes, bytes_of("second"));
  EXPECT_EQ(first.writes[1].row.address, Address{0x1000});
  ASSERT_EQ(first.outputs.size(), 1u);
  EXPECT_EQ(first.outputs[0].row.stream, 2);
  EXPECT_EQ(first.outputs[0].bytes, bytes_of("err"));
  ASSERT_TRUE(first.signal);
  EXPECT_EQ(first.signal->code, -6);
  EXPECT_EQ(first.siginfo, bytes_of("siginfo"));
  EXPECT_EQ(first.extended_state, bytes_of("xsave"));
  EXPECT_TRUE(all[1].writes.empty() && all[1].outputs.empty() && !all[1].signal &&
              all[1].extended_state.empty());

  const auto tasks = from->tasks();
  ASSERT_EQ(tasks->size(), 1u);
  EXPECT_EQ(tasks->front().command, "other");
  EXPECT_EQ(tasks->front().status, 9);
  EXPECT_EQ(from->task_address_spaces()->front().end_event, EventNumber{2});
  EXPECT_EQ(from->address_spaces()->front().stack_limit_bytes, 8u << 20);
  EXPECT_EQ(from->address_space_of(Tid{100}, EventNumber{1}), AddressSpaceId{1});
  EXPECT_EQ(from->address_space_of(Tid{100}, EventNumber{2}).error().kind, ErrorKind::not_found);
  const auto mappings = from->mappings_at(AddressSpaceId{1}, EventNumber{1});
  ASSERT_EQ(mappings->size(), 2u);
  EXPECT_EQ((*mappings)[0].id, MappingId{2}) << "addresses are unsigned";
  EXPECT_EQ((*mappings)[1].recorded, mapping.recorded);
  EXPECT_EQ((*mappings)[1].data, mapping.data);
  EXPECT_EQ((*mappings)[1].kind, MappingKind::vsyscall);
  EXPECT_EQ(from->mapping_bytes(MappingId{1}), bytes_of("mapped bytes"));
  EXPECT_TRUE(from->mapping_bytes(MappingId{2})->empty());
  EXPECT_EQ(from->mappings_at(AddressSpaceId{1}, EventNumber{2})->size(), 1u);
  EXPECT_EQ(from->mappings_begun(AddressSpaceId{1}, EventNumber{1})->size(), 2u);
  EXPECT_EQ(from->mappings_begun_since(AddressSpaceId{1}, EventNumber{0}, EventNumber{1})->size(), 2u);
  ASSERT_EQ(from->mappings_begun_since(AddressSpaceId{1}, EventNumber{0}, EventNumber{2})->size(), 1u)
      << "what ended since does not hold";
  EXPECT_EQ(from->mappings_begun_since(AddressSpaceId{1}, EventNumber{0}, EventNumber{2})->front().id,
            MappingId{1});
  EXPECT_TRUE(from->mappings_begun_since(AddressSpaceId{1}, EventNumber{1}, EventNumber{2})->empty());
  ASSERT_EQ(from->digests_at(EventNumber{1})->size(), 1u);
  EXPECT_EQ(from->digests_at(EventNumber{1})->front().digest, 0xfedcba9876543210);
  EXPECT_EQ(from->uncaptured_calls()->front().detail, "ioctl 0x1");
  EXPECT_EQ(from->call_names()->at(0), "read");
}

TEST_F(ReaderTest, JoinsPayloadsThatCrossBlobsAndChunks) {
  std::vector<std::vector<std::byte>> written;
  for (uint64_t event = 1; event <= 2500; ++event) {
    const size_t size = event % 500 == 0 ? 700'000 : event % 3 == 0 ? 1000 : 0;
    written.push_back(noise(size, event));
    if (size > 0) {
      ASSERT_OK(append_write(*sink_, event, 0, written.back()));
    }
    ASSERT_OK(append_frame(*sink_, event, event % 2 == 0 ? 100 : 101));
    if (event == 700) {
      ASSERT_OK(sink_->commit());
    }
  }
  const auto from = reader();
  const auto all = frames(*from, 1, 99999);
  ASSERT_EQ(all.size(), 2500u);
  for (size_t i = 0; i < all.size(); ++i) {
    ASSERT_EQ(all[i].frame.event.value, i + 1);
    ASSERT_EQ(all[i].registers, registers_for(i + 1));
    ASSERT_EQ(all[i].writes.size(), written[i].empty() ? 0u : 1u);
    if (!written[i].empty()) {
      ASSERT_EQ(all[i].writes[0].bytes, written[i]) << i;
    }
  }
  const auto part = frames(*from, 1020, 1030);
  ASSERT_EQ(part.size(), 11u);
  EXPECT_EQ(part[5].registers, registers_for(1025));
}

TEST_F(ReaderTest, StopsWhenTheVisitorHasSeenEnoughAndPassesItsErrorsOn) {
  for (uint64_t event = 1; event <= 10; ++event) ASSERT_OK(append_frame(*sink_, event));
  const auto from = reader();
  int seen = 0;
  ASSERT_OK(from->for_each_full_frame(EventNumber{1}, EventNumber{10},
                                      [&](FullFrame&) { return Expected<bool>(++seen < 3); }));
  EXPECT_EQ(seen, 3);
  const auto failed = from->for_each_full_frame(
      EventNumber{1}, EventNumber{10},
      [](FullFrame&) -> Expected<bool> { return fail(ErrorKind::divergence, "event", "differs"); });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::divergence);
}

TEST_F(ReaderTest, SeesMoreAfterRefresh) {
  ASSERT_OK(append_frame(*sink_, 1));
  const auto from = reader();
  ASSERT_OK(append_frame(*sink_, 2));
  ASSERT_OK(sink_->commit());
  EXPECT_EQ(from->last_event(), EventNumber{1});
  EXPECT_EQ(from->refresh(), EventNumber{2});
  EXPECT_EQ(from->outcome(), "recording");
  sink_.reset();
  ASSERT_OK(from->refresh());
  EXPECT_EQ(from->outcome(), "interrupted");
  EXPECT_EQ(frames(*from, 1, 2).size(), 2u);
}

TEST_F(ReaderTest, KnowsOfNoSnapshotBeyondItsLastEvent) {
  const auto snapshot_at = [&](uint64_t event) {
    Snapshot snapshot;
    snapshot.event = EventNumber{event};
    ASSERT_OK(append_frame(*sink_, event));
    ASSERT_OK(append_row(*sink_, snapshot));
  };
  snapshot_at(1);
  const auto early = reader();
  snapshot_at(2);
  const auto late = reader();
  const auto count = [](RecordingReader& from) { return SnapshotReader(from).list()->size(); };
  EXPECT_EQ(count(*early), 1u);
  EXPECT_EQ(count(*late), 2u);
  ASSERT_OK(early->refresh());
  EXPECT_EQ(count(*early), 2u);
}

TEST_F(ReaderTest, ItsConnectionCannotWrite) {
  const auto from = reader();
  EXPECT_NE(sqlite3_exec(from->connection(), "DELETE FROM header", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_NE(sqlite3_exec(from->connection(), "CREATE TABLE t(x)", nullptr, nullptr, nullptr), SQLITE_OK);
}

TEST_F(ReaderTest, ShowsPeopleNamesAndHexAddresses) {
  ASSERT_OK(append_row(*sink_, CallName{0, "read"}));
  ASSERT_OK(append_row(*sink_, mapping_of(1, 1, 1, 0xffffffffff600000, 0x1000)));
  ASSERT_OK(append_frame(*sink_, 1));
  const auto from = reader();
  const auto text = [&](const char* sql) {
    std::string result;
    sqlite3_exec(
        from->connection(), sql,
        [](void* out, int count, char** values, char**) {
          for (int i = 0; i < count; ++i)
            *static_cast<std::string*>(out) += values[i] ? values[i] + std::string("|") : "-|";
          return 0;
        },
        &result, nullptr);
    return result;
  };
  EXPECT_EQ(text("SELECT event, kind, call, result FROM frames"), "1|syscall|read|1|");
  EXPECT_EQ(text("SELECT \"start\", \"end\", prot, end_event, kind FROM mappings"),
            "0xffffffffff600000|0xffffffffff601000|rw-p|-|anonymous|");
}

}  // namespace
}  // namespace bygone
