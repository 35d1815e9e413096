#include "recorder/status_text.h"

#include <gtest/gtest.h>

namespace bygone {
namespace {

const std::string kStatus =
    "Name:\tState:\tt\nUmask:\t0022\nState:\tt (tracing stop)\nTgid:\t70\nTracerPid:\t31337\nUid:\t0\n"
    "SigBlk:\t0000000000010000\nSigIgn:\t0000000000010000\n";

TEST(StatusText, TellsTheStateOfATaskThatOnlyTheRecorderHolds) {
  EXPECT_EQ(
      untraced_status(kStatus, {}),
      "Name:\tState:\tt\nUmask:\t0022\nState:\tR (running)     \nTgid:\t70\nTracerPid:\t0    \nUid:\t0\n"
      "SigBlk:\t0000000000010000\nSigIgn:\t0000000000010000\n");
}

TEST(StatusText, TellsOfTheProgramsOwnTracer) {
  EXPECT_EQ(
      untraced_status(kStatus, {.traced_stop = true, .tracer = 12}),
      "Name:\tState:\tt\nUmask:\t0022\nState:\tt (tracing stop)\nTgid:\t70\nTracerPid:\t12   \nUid:\t0\n"
      "SigBlk:\t0000000000010000\nSigIgn:\t0000000000010000\n");
}

TEST(StatusText, TellsOfJobControlAndOfTheOwnMask) {
  EXPECT_EQ(
      untraced_status(kStatus, {.job_stopped = true, .own_mask = 0xab}),
      "Name:\tState:\tt\nUmask:\t0022\nState:\tT (stopped)     \nTgid:\t70\nTracerPid:\t0    \nUid:\t0\n"
      "SigBlk:\t00000000000000ab\nSigIgn:\t0000000000010000\n");
}

TEST(StatusText, FindsALineWhereverTheTextBegins) {
  EXPECT_EQ(untraced_status("TracerPid:\t4711\nUid:\t0", {}), "TracerPid:\t0   \nUid:\t0");
  EXPECT_EQ(untraced_status("0022\nState:\tt (tracing stop)\nTg", {}), "0022\nState:\tR (running)     \nTg");
}

TEST(StatusText, LeavesOtherStatesAndCutLinesAlone) {
  for (const char* text : {"", "\n", "Name:\tx\nState:\tS (sleeping)\nTracerPid:\t0\n",
                           "Name:\tx\nState:\tt (tra", "cerPid:\t4711\n", "TracerPid:\t"})
    EXPECT_EQ(untraced_status(text, {}), text);
  EXPECT_EQ(untraced_status("TracerPid:\t7\n", {.tracer = 100}), "TracerPid:\t7\n");
}

TEST(StatusText, FindsTheStateBehindAnyName) {
  EXPECT_EQ(untraced_stat("70 (a) t (b) t) t 1 70", {}), "70 (a) t (b) t) R 1 70");
  EXPECT_EQ(untraced_stat("70 (a) t 1 70", {.job_stopped = true}), "70 (a) T 1 70");
  EXPECT_EQ(untraced_stat("70 (a) t 1 70", {.traced_stop = true}), "70 (a) t 1 70");
  for (const char* text : {"", "t", "7", "70 (a", "70 (a) ", "70 (a) S 1 70"})
    EXPECT_EQ(untraced_stat(text, {}), text);
}

}  // namespace
}  // namespace bygone
