#pragma once

#include <optional>
#include <string_view>

namespace bygone::query {

// What each argument of a system call is, as words with blanks between ("fd path open mode"); nothing for a
// call that is not known. The words are those of strace_arguments.h; one that begins with ">" is filled by
// the kernel.
std::optional<std::string_view> call_signature(std::string_view name);

}  // namespace bygone::query
