#include <gmock/gmock.h>

#include <map>
#include <set>

#include "tests/integration/checks.h"
#include "tests/support/maps_text.h"

namespace bygone::test {
namespace {

// The n-th getpgid(2) of a process marks the event of its n-th section (tests/programs/maps.h).
std::map<int, std::vector<uint64_t>> marked_events(const Bygone& bygone, const std::string& recording) {
  std::map<int, std::vector<uint64_t>> events;
  for (const auto& frame : bygone.query(recording, "frames where call = getpgid"))
    events[frame.at("task").get<int>()].push_back(frame.at("event").get<uint64_t>());
  return events;
}

std::string phrase(const MapsSection& section, uint64_t event) {
  return "mappings of " + std::to_string(section.process) + " at event " + std::to_string(event);
}

class MappingsTest : public testing::TestWithParam<const char*> {};

TEST_P(MappingsTest, AnswerEqualsTheKernels) {
  Bygone bygone;
  const RunResult recorded = bygone.record("run", {program(GetParam())});
  ASSERT_EQ(recorded.status, 0) << bygone.notices() << recorded.err;
  const auto sections = parse_sections(recorded.out);
  ASSERT_FALSE(sections.empty());
  auto events = marked_events(bygone, "run");
  for (const MapsSection& section : sections) {
    SCOPED_TRACE(section.label);
    const auto& marks = events[section.process];
    ASSERT_LT(size_t(section.number), marks.size());
    const MapsAnswer answer =
        parse_answer(bygone.query("run", phrase(section, marks[size_t(section.number)])));
    EXPECT_EQ(text_of(merged(answer.lines)), text_of(merged(without(section.lines, answer.own))));
  }
}

INSTANTIATE_TEST_SUITE_P(Each, MappingsTest,
                         testing::Values("maps_mmap", "maps_mprotect", "maps_mremap", "maps_brk",
                                         "maps_stack", "maps_fork_exec", "maps_shared", "maps_threads"),
                         [](const auto& info) { return std::string(info.param); });

// The order of the words and a phrase without a process, where there is one only.
TEST(MappingsTest, OneProcessNeedsNotBeNamed) {
  Bygone bygone;
  ASSERT_EQ(bygone.record("run", {program("maps_mmap")}).status, 0);
  const auto events = marked_events(bygone, "run");
  ASSERT_EQ(events.size(), 1u);
  const auto& [process, marks] = *events.begin();
  const std::string event = std::to_string(marks.back());
  EXPECT_EQ(bygone.query("run", "mappings at event " + event),
            bygone.query("run", "mappings at event " + event + " of " + std::to_string(process)));
}

// ASLR stays on while recording: two recordings differ in their addresses, and both replay.
TEST(MappingsTest, RecordingsOfOneProgramDifferInAddresses) {
  Bygone bygone;
  std::set<std::string> stacks, programs;
  for (const std::string name : {"one", "two", "three"}) {
    const RunResult recorded = expect_replays(bygone, name, {program("maps_mmap")}, 0);
    const auto sections = parse_sections(recorded.out);
    ASSERT_FALSE(sections.empty());
    for (const MapsLine& line : sections[0].lines) {
      if (line.path == "[stack]") stacks.insert(line.text());
      if (line.path == program("maps_mmap") && line.prot == "r-xp") programs.insert(line.text());
    }
  }
  EXPECT_EQ(stacks.size(), 3u);
  EXPECT_EQ(programs.size(), 3u);
}

TEST(MappingsTest, AnswerHoldsBetweenEvents) {
  Bygone bygone;
  ASSERT_EQ(bygone.record("run", {program("maps_mprotect")}).status, 0);
  const auto info = bygone.query("run", "info");
  const auto& row = info.is_array() ? info.at(0) : info;
  const uint64_t last = row.at("events").get<uint64_t>();
  for (uint64_t event = 1; event < last; event += 7) {
    const MapsAnswer answer = parse_answer(bygone.query("run", "mappings at event " + std::to_string(event)));
    for (size_t i = 1; i < answer.lines.size(); ++i)
      EXPECT_LE(answer.lines[i - 1].end, answer.lines[i].start);
  }
}

}  // namespace
}  // namespace bygone::test
