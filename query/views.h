#pragma once

#include <span>
#include <string_view>

namespace bygone::query {

// A view people may rely on; docs/query.md describes their columns. They are made in each session's temporary
// schema, never read from a file.
struct View {
  std::string_view name;
  std::string_view select;
};

std::span<const View> views();

}  // namespace bygone::query
