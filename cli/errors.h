#pragma once

#include <string_view>

#include "schema/error.h"

namespace bygone::cli {

// "bygone: text" and a newline on standard error. What comes from recordings cannot drive the terminal.
void tell(std::string_view text);

// Tells the error; returns the exit status that goes with it.
int report(const Error& error);

}  // namespace bygone::cli
