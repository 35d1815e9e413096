#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <set>
#include <sstream>
#include <string>

#include "syscall_scene.h"

namespace bygone {
namespace {

constexpr int kPatienceMs = 15000;

struct Outcome {
  std::string complaints;
  std::set<long> calls;
  int status = 0;
};

// In a child, so that what a scene does to its process (handlers, timers, children) ends with it.
Outcome play(const NamedScene& scene, uint8_t pattern) {
  int channel[2];
  if (pipe(channel) != 0) return {"pipe(2) failed", {}, 0};
  const pid_t child = fork();
  if (child == 0) {
    close(channel[0]);
    std::ostringstream report;
    {
      Scene stage(pattern);
      scene.play(stage);
      for (const long number : stage.calls_made()) report << number << ' ';
      report << "-1\n";
      for (const std::string& complaint : stage.complaints()) report << complaint << '\n';
    }
    const std::string text = report.str();
    const bool sent = write(channel[1], text.data(), text.size()) == ssize_t(text.size());
    _exit(sent ? 0 : 1);
  }
  close(channel[1]);
  std::string text;
  std::array<char, 4096> part;
  for (ssize_t got; (got = read(channel[0], part.data(), part.size())) > 0;)
    text.append(part.data(), size_t(got));
  close(channel[0]);
  Outcome outcome;
  waitpid(child, &outcome.status, 0);
  std::istringstream report(text);
  for (long number; report >> number && number >= 0;) outcome.calls.insert(number);
  for (std::string line; std::getline(report, line);)
    if (!line.empty()) outcome.complaints += line + '\n';
  return outcome;
}

std::vector<NamedScene> all_scenes() {
  std::vector<NamedScene> all;
  for (const auto& some :
       {device_scenes(), file_scenes(), ipc_scenes(), process_scenes(), socket_scenes(), time_scenes()})
    all.insert(all.end(), some.begin(), some.end());
  return all;
}

class KernelAgreesWithTheTable : public testing::TestWithParam<NamedScene> {};

TEST_P(KernelAgreesWithTheTable, OnEveryByteThatChanged) {
  for (const uint8_t pattern : {uint8_t{0xa5}, uint8_t{0x5a}}) {
    const Outcome outcome = play(GetParam(), pattern);
    EXPECT_EQ(outcome.complaints, "");
    EXPECT_EQ(outcome.status, 0);
    EXPECT_FALSE(outcome.calls.empty());
  }
}

INSTANTIATE_TEST_SUITE_P(Scenes, KernelAgreesWithTheTable, testing::ValuesIn(all_scenes()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(KernelScenes, MakeMostOfTheCallsThatProgramsMake) {
  std::set<long> calls;
  for (const NamedScene& scene : all_scenes()) calls.merge(play(scene, 0xa5).calls);
  RecordProperty("distinct_calls", int(calls.size()));
  EXPECT_GE(calls.size(), 200u);
}

// The proof that the comparison can fail: a write the table cannot know of.
TEST(KernelScenes, NoticeAWriteThatTheTableDoesNotMention) {
  const NamedScene wrong = {"wrong",
                            [](Scene& s) { s.call_described_as(SYS_getpid, SYS_uname, s.buffer(390)); }};
  EXPECT_NE(play(wrong, 0xa5).complaints, "");
  const NamedScene greedy = {"greedy", [](Scene& s) {
                               s.call_described_as(SYS_getrandom, SYS_alarm, s.buffer(64));
                               s.call_described_as(SYS_poll, SYS_getpid, s.buffer(16384), 2048);
                             }};
  EXPECT_NE(play(greedy, 0xa5).complaints, "");
}

}  // namespace
}  // namespace bygone
