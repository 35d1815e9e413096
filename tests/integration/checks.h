#pragma once

#include <string>
#include <vector>

#include "tests/support/bygone.h"

namespace bygone::test {

// Expects a clean error: this exit status, nothing on standard output, a line on standard error that starts
// with "bygone: " and holds every one of `words`.
void expect_error(const RunResult& result, int status, const std::vector<std::string>& words = {});

// Expects both to have ended and printed the same; large outputs are compared, not shown.
void expect_same(const RunResult& recorded, const RunResult& replayed);

// Records (with --check), expects `status`, replays (with --check), expects the same output and status.
// Returns what recording showed.
RunResult expect_replays(Bygone& bygone, const std::string& name, const std::vector<std::string>& argv,
                         int status, RunOptions options = {});

}  // namespace bygone::test
