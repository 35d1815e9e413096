#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <string_view>

#include "query/cell.h"
#include "schema/error.h"

namespace bygone::query {

// An argument of a row function that must be a number from 1 on.
inline Expected<uint64_t> positive(const Cell& cell, std::string_view function, std::string_view argument) {
  const auto* number = std::get_if<int64_t>(&cell);
  if (number != nullptr && *number > 0) return uint64_t(*number);
  return fail(ErrorKind::usage, fmt::format("{}()", function),
              fmt::format("its argument {} must be a whole number from 1 on", argument));
}

}  // namespace bygone::query
