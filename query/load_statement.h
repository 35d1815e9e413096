#pragma once

#include <optional>
#include <string_view>

#include "query/row_writer.h"

namespace bygone::query {

// What makes a table of an exported file, frames.csv or frames.jsonl: statements for the client program of
// `database` (duckdb, clickhouse, postgresql). Nothing for another database or format.
std::optional<std::string_view> load_statement(std::string_view database, Format format);

}  // namespace bygone::query
