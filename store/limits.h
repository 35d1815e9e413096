#pragma once

#include <sys/resource.h>

#include <array>
#include <utility>

namespace bygone {

// Limits that somebody's shell sets for a program, and that are in the way of who records it (getrlimit(2)).
inline constexpr std::array kRaisedLimits = {RLIMIT_NOFILE, RLIMIT_FSIZE, RLIMIT_AS, RLIMIT_DATA, RLIMIT_CPU};
using Limits = std::array<rlimit, kRaisedLimits.size()>;

// As far up as they may go for us; returns what they were.
Limits raise_limits();
void set_limits(const Limits& limits);

}  // namespace bygone
