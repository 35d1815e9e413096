#pragma once

#include <string>
#include <vector>

#include "schema/error.h"
#include "schema/keep_bounds.h"

namespace bygone::cli {

// Reads "10m", "90s", "12h", "3d" as times and "64MiB", "2GiB", "500M" as sizes; at most one of each. Fails
// with usage for anything else, and for a size in which no window has room.
Expected<KeepBounds> parse_keep(const std::vector<std::string>& texts);

}  // namespace bygone::cli
