#pragma once

#include <string>
#include <vector>

#include "query/cell.h"
#include "schema/error.h"

struct sqlite3;

namespace bygone::query {

// All rows of a statement of our own; for few rows.
Expected<std::vector<Row>> select_rows(sqlite3* connection, const std::string& sql);

// The first cell as a number; `otherwise` if there is no row or it is none.
Expected<int64_t> select_number(sqlite3* connection, const std::string& sql, int64_t otherwise);

}  // namespace bygone::query
