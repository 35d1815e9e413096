#include "recorder/status_text.h"

#include <gtest/gtest.h>

namespace bygone {
namespace {

const std::string kStatus =
    "Name:\tState:\tt\nUmask:\t0022\nState:\tt (tracing stop)\nTgid:\t70\nTracerPid:\t31337\nUid:\t0\n"
    "SigBlk:\t0000000000010000\nSigIgn:\t0000000000010000\n";

TEST(StatusText, TellsTheStateOfATaskThatOnlyTheRecorderHolds) {
  EXPECT_EQ(as_untraced(kStatus, {}),
            "Name:\tState:\tt\nUmask:\t0022\nState:\tR (running)\nTgid:\t70\nTracerPid:\t0\nUid:\t0\n"
            "SigBlk:\t0000000000010000\nSigIgn:\t0000000000010000\n");
}

TEST(StatusText, TellsOfTheProgramsOwnTracer) {
  EXPECT_EQ(as_untraced(kStatus, {.traced_stop = true, .tracer = 12}),
            "Name:\tState:\tt\nUmask:\t0022\nState:\tt (tracing stop)\nTgid:\t70\nTracerPid:\t12\nUid:\t0\n"
            "SigBlk:\t0000000000010000\nSigIgn:\t0000000000010000\n");
}

TEST(StatusText, TellsOfJobControlAndOfTheOwnMask) {
  EXPECT_EQ(as_untraced(kStatus, {.job_stopped = true, .own_mask = 0xab}),
            "Name:\tState:\tt\nUmask:\t0022\nState:\tT (stopped)\nTgid:\t70\nTracerPid:\t0\nUid:\t0\n"
            "SigBlk:\t00000000000000ab\nSigIgn:\t0000000000010000\n");
}

TEST(StatusText, LeavesOtherStatesAndCutLinesAlone) {
  const std::string sleeping = "Name:\tx\nState:\tS (sleeping)\nTracerPid:\t0\n";
  EXPECT_EQ(as_untraced(sleeping, {}), sleeping);
  const std::string cut = "Name:\tx\nState:\tt (tra";
  EXPECT_EQ(as_untraced(cut, {}), cut);
  const std::string longer_number = "Name:\tx\nTracerPid:\t7\n";
  EXPECT_EQ(as_untraced(longer_number, {.tracer = 100}), longer_number);
}

TEST(StatusText, FindsTheStateBehindAnyName) {
  EXPECT_EQ(as_untraced("70 (a) t (b) t) t 1 70", {}), "70 (a) t (b) t) R 1 70");
  EXPECT_EQ(as_untraced("70 (a) t 1 70", {.job_stopped = true}), "70 (a) T 1 70");
  EXPECT_EQ(as_untraced("70 (a) t 1 70", {.traced_stop = true}), "70 (a) t 1 70");
  EXPECT_EQ(as_untraced("70 (a) S 1 70", {}), "70 (a) S 1 70");
}

TEST(StatusText, LeavesEverythingElseAlone) {
  for (const char* text :
       {"", "t", "7", "70 (a", "70 (a) ", "cpu  1 (2) t", "x Name:\tState:\tt (tracing stop)\n"})
    EXPECT_EQ(as_untraced(text, {}), text);
}

}  // namespace
}  // namespace bygone
