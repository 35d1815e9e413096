#pragma once

// Numbers in the forms people type. Each returns nothing for text that is no such number or does not fit.

#include <cstdint>
#include <optional>
#include <string_view>

namespace bygone::query {

// 120, 1_000, 0x78
std::optional<uint64_t> parse_count(std::string_view text);
// 0x7f12a000, also as /proc/PID/maps prints it: 7f12a000
std::optional<uint64_t> parse_address(std::string_view text);
// -2, 0x10, 4K, 4k, 4KB, 1MiB (powers of 1024)
std::optional<int64_t> parse_integer(std::string_view text);
// 1.5s, 1.5sec, 20ms, 3us, 10ns, 2m, 2min, 12h, 3d; a bare number means seconds. In ns.
std::optional<uint64_t> parse_duration(std::string_view text);
// 50%, 12.5%; none above 100%.
std::optional<double> parse_percentage(std::string_view text);

}  // namespace bygone::query
