#include <gtest/gtest.h>

#include <ostream>

#include "tests/integration/checks.h"

namespace bygone::test {
namespace {

struct Program {
  const char* name;
  int status;
};

constexpr Program kPrograms[] = {
#include "programs.inc"
};

void PrintTo(const Program& program, std::ostream* out) {
  *out << program.name;
}

class ProgramTest : public testing::TestWithParam<Program> {};

TEST_P(ProgramTest, ReplaysAsRecorded) {
  Bygone bygone;
  RunOptions options;
  options.input = "some\ninput\nof three lines\n";
  expect_replays(bygone, "run", {program(GetParam().name)}, GetParam().status, options);
}

INSTANTIATE_TEST_SUITE_P(Each, ProgramTest, testing::ValuesIn(kPrograms),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace bygone::test
