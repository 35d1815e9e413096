#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bygone::query {

// A number of the kernel's as programs write it: "O_RDONLY|O_CLOEXEC" in the set "open", "SEEK_END" in
// "whence". Bits and numbers without a name stay hexadecimal. Nothing where there is no such set.
std::optional<std::string> flag_text(std::string_view set, uint64_t value);

}  // namespace bygone::query
