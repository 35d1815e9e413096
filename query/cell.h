#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace bygone::query {

// Bytes that are not text.
struct Blob {
  std::string bytes;
  bool operator==(const Blob&) const = default;
};

// One value of a result; monostate is SQL's NULL. Strings are UTF-8 by intention only: recorded paths and
// commands may hold any byte, and the writers cope.
using Cell = std::variant<std::monostate, int64_t, double, std::string, Blob>;
using Row = std::vector<Cell>;

}  // namespace bygone::query
