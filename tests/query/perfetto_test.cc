#include <gtest/gtest.h>

#include <map>

#include "query/export.h"
#include "sample_recording.h"

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

// Field numbers are those of perfetto's trace_packet.proto, track_event.proto and track_descriptor.proto.
TEST(Perfetto, SlicesOfKnownTracksBeginAndEndInOrder) {
  test::SampleRecording sample;
  std::string trace;
  ASSERT_TRUE(export_perfetto(sample.reader(), [&](std::string_view text) {
    trace += text;
    return Expected<void>{};
  }));
  std::map<uint64_t, uint64_t> last_ns;  // by track
  std::map<uint64_t, int> depth;
  std::map<uint64_t, int> events;  // by type: begin, end, instant
  for (const auto& [field, packet] : decoded(trace)) {
    EXPECT_EQ(field, 1u);
    const Fields content = decoded(packet.bytes);
    EXPECT_EQ(one(content, 10).number, 1u) << "sequence";
    if (content.contains(60)) {
      last_ns[one(decoded(one(content, 60).bytes), 1).number] = 0;
      continue;
    }
    const Fields event = decoded(one(content, 11).bytes);
    const uint64_t track = one(event, 11).number;
    const uint64_t type = one(event, 9).number;
    const uint64_t time_ns = one(content, 8).number;
    ASSERT_TRUE(last_ns.contains(track)) << "an event before its track";
    EXPECT_GE(time_ns, last_ns[track]);
    last_ns[track] = time_ns;
    ++events[type];
    depth[track] += type == 1 ? 1 : type == 2 ? -1 : 0;
    EXPECT_TRUE(depth[track] == 0 || depth[track] == 1);
    if (type != 2) {
      EXPECT_FALSE(one(event, 23).bytes.empty()) << "a name";
    }
  }
  EXPECT_EQ(last_ns.size(), 4u) << "two processes of one thread each";
  EXPECT_EQ(events[1], events[2]);
  EXPECT_EQ(events[1] + events[3], 23) << "one for each event of the recording";
}

}  // namespace
}  // namespace bygone::query
