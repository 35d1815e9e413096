#pragma once

#include <functional>
#include <string>
#include <vector>

#include "query/cell.h"
#include "schema/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace bygone::query {

// Steps through a statement of our own, for as many rows as there are; `visit` reads the current one.
Expected<void> for_each_step(sqlite3* connection, const std::string& sql,
                             const std::function<void(sqlite3_stmt*)>& visit);

// All rows of a statement of our own; for few rows.
Expected<std::vector<Row>> select_rows(sqlite3* connection, const std::string& sql);

// The first cell as a number; `otherwise` if there is no row or it is none.
Expected<int64_t> select_number(sqlite3* connection, const std::string& sql, int64_t otherwise);

}  // namespace bygone::query
