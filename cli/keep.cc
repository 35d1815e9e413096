#include "cli/keep.h"

#include <cmath>
#include <cstdlib>
#include <map>

#include "query/numbers.h"

namespace bygone::cli {

namespace {

constexpr double kSmallestBytes = 4 << 20;

const std::map<std::string, double> kSizes = {
    {"K", 1024.0},         {"KB", 1024.0},          {"KiB", 1024.0},     {"M", 1048576.0},
    {"MB", 1048576.0},     {"MiB", 1048576.0},      {"G", 1073741824.0}, {"GB", 1073741824.0},
    {"GiB", 1073741824.0}, {"TiB", 1099511627776.0}};

}  // namespace

Expected<KeepBounds> parse_keep(const std::vector<std::string>& texts) {
  KeepBounds bounds;
  for (const std::string& text : texts) {
    char* end = nullptr;
    const double amount = std::strtod(text.c_str(), &end);
    const std::string unit = end;
    const bool is_amount = end != text.c_str() && std::isfinite(amount) && amount > 0 && amount < 1e9;
    const auto time_ns = unit.empty() ? std::nullopt : query::parse_duration(text);
    const auto size = kSizes.find(unit);
    if (time_ns && *time_ns > 0 && bounds.time_ns == 0) {
      bounds.time_ns = *time_ns;
    } else if (is_amount && size != kSizes.end() && bounds.size_bytes == 0) {
      if (amount * size->second < kSmallestBytes)
        return fail(ErrorKind::usage, fmt::format("--keep {}", text), "has no room for a window",
                    "keep 4MiB at least");
      bounds.size_bytes = uint64_t(amount * size->second);
    } else {
      return fail(ErrorKind::usage, fmt::format("--keep {}", text),
                  "is neither a time nor a size, or a second one",
                  "give a time (90s, 10m, 12h, 3d), a size (64MiB, 2GiB), or one of each");
    }
  }
  return bounds;
}

}  // namespace bygone::cli
