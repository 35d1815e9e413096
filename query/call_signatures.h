#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "schema/registers.h"

namespace bygone::query {

// How the arguments of a system call are shown, one letter each: d descriptor (AT_FDCWD), i signed, u
// unsigned, x flags in hex, o mode in octal, p pointer, s signal. Nothing for calls without a row here.
std::optional<std::string_view> call_signature(std::string_view name);

// One argument as text.
std::string argument_text(char kind, uint64_t value);

}  // namespace bygone::query
