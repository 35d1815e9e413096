#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "schema/registers.h"

namespace bygone::test {

// Changes a recording behind bygone's back. Throws if there was nothing to change.
void change(const std::filesystem::path& database, const std::string& sql);

// Stores another value for a register as it stands after `event`, in that frame only.
void change_register(const std::filesystem::path& database, uint64_t event, Register which, uint64_t value);

}  // namespace bygone::test
