#include <gtest/gtest.h>

#include <map>
#include <utility>
#include <vector>

#include "query/export.h"
#include "sample_recording.h"
#include "scripted_recording.h"

namespace bygone::query {
namespace {

struct Value {
  uint64_t number = 0;
  std::string_view bytes;
};
using Fields = std::multimap<uint64_t, Value>;

uint64_t varint(std::string_view bytes, size_t& at) {
  uint64_t value = 0;
  for (unsigned shift = 0; at < bytes.size(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes[at++]);
    value |= uint64_t(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  ADD_FAILURE() << "a number is cut short";
  return value;
}

Fields decoded(std::string_view bytes) {
  Fields fields;
  for (size_t at = 0; at < bytes.size();) {
    const uint64_t key = varint(bytes, at);
    const uint64_t number = varint(bytes, at);
    const bool nested = (key & 7) == 2;
    EXPECT_TRUE(nested || (key & 7) == 0) << "wire type " << (key & 7);
    if (nested && number > bytes.size() - at) {
      ADD_FAILURE() << "a message is cut short";
      break;
    }
    fields.emplace(key >> 3, Value{number, nested ? bytes.substr(at, number) : std::string_view()});
    if (nested) at += number;
  }
  return fields;
}

Value one(const Fields& fields, uint64_t number) {
  EXPECT_EQ(fields.count(number), 1u) << "field " << number;
  const auto found = fields.find(number);
  return found != fields.end() ? found->second : Value{};
}

// A trace as trace_processor would read it, events by their times; packets that it would drop are failures.
// Field numbers are those of perfetto's trace_packet.proto, interned_data.proto, track_event.proto and
// track_descriptor.proto.
struct Trace {
  struct Track {
    uint64_t parent = 0;
    std::string name;
    bool is_thread = false;
    int depth = 0;
  };
  std::map<uint64_t, Track> tracks;
  std::map<uint64_t, int> events;                              // by type: begin, end, instant
  std::map<std::pair<uint64_t, uint64_t>, std::string> names;  // by kind and number
  std::map<uint64_t, std::vector<std::string>> slices;         // by track
  std::map<std::string, std::string> errors;                   // by call
  std::map<uint64_t, uint64_t> starts_ns;                      // of processes, by track
  std::map<uint64_t, std::vector<std::string>> kin;  // parent and parts of the command line, by process id

  void read(std::string_view bytes) {
    bool has_state = false;
    std::multimap<uint64_t, std::string_view> by_time;
    for (const Value& packet : in_order(bytes)) {
      const Fields content = decoded(packet.bytes);
      EXPECT_EQ(one(content, 10).number, 1u) << "sequence";
      const uint64_t flags = one(content, 13).number;
      has_state |= (flags & 1) != 0;
      EXPECT_TRUE(has_state || (flags & 2) == 0) << "needs a state that nobody began";
      if (content.contains(12)) read_names(one(content, 12).bytes);
      if (content.contains(60)) {
        read_track(one(content, 60).bytes);
      } else if (content.contains(2)) {
        read_kin(one(content, 2).bytes);
      } else {
        by_time.emplace(one(content, 8).number, one(content, 11).bytes);
      }
    }
    for (const auto& [time_ns, event] : by_time) read_event(event);
    for (const auto& [uuid, track] : tracks) EXPECT_EQ(track.depth, 0) << "a slice without an end";
  }

 private:
  // The packets as they come; a multimap keeps equal keys in order.
  static std::vector<Value> in_order(std::string_view bytes) {
    std::vector<Value> packets;
    for (const auto& [field, packet] : decoded(bytes)) {
      EXPECT_EQ(field, 1u);
      packets.push_back(packet);
    }
    return packets;
  }

  void read_names(std::string_view bytes) {
    for (const auto& [kind, entry] : decoded(bytes)) {
      const Fields fields = decoded(entry.bytes);
      const bool is_new = names.emplace(std::pair(kind, one(fields, 1).number), one(fields, 2).bytes).second;
      EXPECT_TRUE(is_new) << "a number that is taken";
      EXPECT_NE(one(fields, 1).number, 0u);
    }
  }

  void read_track(std::string_view bytes) {
    const Fields fields = decoded(bytes);
    Track track;
    track.is_thread = fields.contains(4);
    EXPECT_NE(track.is_thread, fields.contains(3));
    const Fields described = decoded(one(fields, track.is_thread ? 4 : 3).bytes);
    track.name = one(described, track.is_thread ? 5 : 6).bytes;
    if (described.contains(7)) starts_ns[one(fields, 1).number] = one(described, 7).number;
    if (track.is_thread) {
      track.parent = one(fields, 5).number;
      EXPECT_TRUE(tracks.contains(track.parent)) << "a thread before its process";
    }
    EXPECT_TRUE(tracks.emplace(one(fields, 1).number, track).second) << "two tracks of one number";
  }

  void read_kin(std::string_view bytes) {
    const Fields process = decoded(one(decoded(bytes), 1).bytes);
    auto& told = kin[one(process, 1).number] = {std::to_string(one(process, 2).number)};
    for (auto [at, end] = process.equal_range(3); at != end; ++at) told.emplace_back(at->second.bytes);
  }

  void read_event(std::string_view bytes) {
    const Fields event = decoded(bytes);
    const uint64_t uuid = one(event, 11).number;
    const uint64_t type = one(event, 9).number;
    ASSERT_TRUE(tracks.contains(uuid)) << "an event before its track";
    Track& track = tracks[uuid];
    EXPECT_TRUE(track.is_thread);
    ++events[type];
    track.depth += type == 1 ? 1 : type == 2 ? -1 : 0;
    EXPECT_TRUE(track.depth == 0 || track.depth == 1);
    if (type == 2) return;
    EXPECT_TRUE(names.contains({1, one(event, 3).number})) << "a category nobody told";
    const auto name = names.find({2, one(event, 10).number});
    ASSERT_NE(name, names.end()) << "a name nobody told";
    slices[uuid].push_back(name->second);
    for (auto [at, end] = event.equal_range(4); at != end; ++at) {
      const Fields annotation = decoded(at->second.bytes);
      const auto kind = names.find({3, one(annotation, 1).number});
      ASSERT_NE(kind, names.end()) << "an annotation nobody told";
      if (kind->second == "error") errors[name->second] = one(annotation, 6).bytes;
    }
  }
};

Trace trace_of(RecordingReader& reader) {
  std::string bytes;
  EXPECT_TRUE(export_perfetto(reader, [&](std::string_view text) {
    bytes += text;
    return Expected<void>{};
  }));
  Trace trace;
  trace.read(bytes);
  return trace;
}

TEST(Perfetto, SlicesOfKnownTracksBeginAndEndInOrder) {
  test::SampleRecording sample;
  Trace trace = trace_of(sample.reader());
  EXPECT_EQ(trace.tracks.size(), 4u) << "two processes of one thread each";
  EXPECT_EQ(trace.events[1], trace.events[2]);
  EXPECT_EQ(trace.events[1] + trace.events[3], 22) << "one for each event but `enter`, whose return follows";
  std::vector<std::string> child;
  for (const auto& [uuid, track] : trace.tracks)
    if (track.is_thread && track.name == "other, \"it\"") child = trace.slices[uuid];
  EXPECT_EQ(child, (std::vector<std::string>{"start", "write", "execve", "write", "exit_group", "exit"}));
}

TEST(Perfetto, FailedCallsTellWhy) {
  test::SampleRecording sample;
  EXPECT_EQ(trace_of(sample.reader()).errors,
            (std::map<std::string, std::string>{
                {"openat", "ENOENT"}, {"read", "ERESTARTSYS"}, {"call 999", "ENOSYS"}}));
}

TEST(Perfetto, ProcessesHaveParentsAndBeginnings) {
  test::ScriptedRecording recording;
  recording.task(10, 10, 0, "shell").frame(10, FrameKind::exec, 59, 0);
  recording.task(11, 10, 10).frame(11, FrameKind::start).task(12, 12, 11, "job").frame(12, FrameKind::start);
  recording.task(13, 13, 12, "odd job").frame(13, FrameKind::start);
  Trace trace = trace_of(recording.reader());
  using Kin = std::map<uint64_t, std::vector<std::string>>;
  EXPECT_EQ(trace.kin, (Kin{{12, {"10", "job"}}, {13, {"12", "odd job", ""}}}));
  std::map<std::string, std::vector<uint64_t>> starts;
  for (const auto& [uuid, time_ns] : trace.starts_ns) starts[trace.tracks[uuid].name].push_back(time_ns);
  EXPECT_EQ(starts["shell"], std::vector<uint64_t>{1'000'000});
  EXPECT_EQ(starts["job"], std::vector<uint64_t>{3'000'000});
  EXPECT_EQ(starts["odd job"], std::vector<uint64_t>{4'000'000});
}

// The thread gets the leader's id; the recording has another task for it.
TEST(Perfetto, AnExecByAThreadIsNoNewProcess) {
  test::ScriptedRecording recording;
  recording.task(10, 10, 0, "old").frame(10, FrameKind::start).task(11, 10, 10).frame(11, FrameKind::start);
  recording.frame(10, FrameKind::exit, {}, 0).task(10, 10, 11, "new").frame(10, FrameKind::exec, 59, 0);
  recording.frame(10, FrameKind::syscall, 1, 0);
  const Trace trace = trace_of(recording.reader());
  std::map<std::string, std::vector<std::string>> slices;
  for (const auto& [uuid, track] : trace.tracks)
    if (track.is_thread) slices[track.name] = trace.slices.at(uuid);
  EXPECT_EQ(trace.tracks.size(), 3u) << "one process, two threads";
  EXPECT_EQ(slices["new"], (std::vector<std::string>{"start", "exit", "write"}));
  EXPECT_EQ(slices["old"], (std::vector<std::string>{"start", "execve"}));
}

// As trace_processor needs it to tell a third use from the second.
TEST(Perfetto, AnIdThatIsUsedAgainIsDescribedTwice) {
  test::ScriptedRecording recording;
  for (int use = 0; use < 3; ++use) recording.task(10, 10, 0).frame(10, FrameKind::start);
  for (int use = 0; use < 3; ++use) recording.task(11, 10, 10).frame(11, FrameKind::start);
  const Trace trace = trace_of(recording.reader());
  std::map<std::pair<bool, bool>, int> tracks;  // of threads, with events
  for (const auto& [uuid, track] : trace.tracks) ++tracks[{track.is_thread, trace.slices.contains(uuid)}];
  EXPECT_EQ((tracks[{false, false}]), 3 + 2) << "processes";
  EXPECT_EQ((tracks[{true, true}]), 3 + 3) << "threads";
  EXPECT_EQ((tracks[{true, false}]), 2) << "threads of one process and id";
}

TEST(Perfetto, TasksWithoutANameHaveTheirMakers) {
  test::ScriptedRecording recording;
  recording.task(10, 10, 0, "shell").task(11, 10, 10).task(12, 12, 11).task(13, 12, 12).task(14, 14, 99);
  recording.frame(10, FrameKind::start);
  std::vector<std::string> threads, processes;
  for (const auto& [uuid, track] : trace_of(recording.reader()).tracks)
    (track.is_thread ? threads : processes).push_back(track.name);
  EXPECT_EQ(threads, (std::vector<std::string>{"shell", "shell", "shell", "shell", ""}));
  EXPECT_EQ(processes, (std::vector<std::string>{"shell", "shell", ""}));
}

TEST(Perfetto, ARecordingWithoutEventsIsAnEmptyTrace) {
  test::EmptyRecording empty;
  EXPECT_TRUE(trace_of(empty.reader()).events.empty());
}

}  // namespace
}  // namespace bygone::query
