#pragma once

// Table-valued functions: rows made by C++ that SQL can select from, join and filter, "FROM mappings_at(120,
// 1)".

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "query/cell.h"
#include "schema/error.h"

struct sqlite3;

namespace bygone::query {

// Puts the next row into `row`; false when there is none.
using NextRow = std::function<Expected<bool>(Row& row)>;
NextRow each_of(std::vector<Row> rows);

struct RowFunction {
  std::string name;
  std::vector<std::string> columns;
  std::vector<std::string> arguments;
  size_t required_arguments = 0;  // the others may be left out and arrive as NULL
  // `arguments` has one cell per argument. One of the two makes the rows: few of them at once, or many one
  // by one.
  std::function<Expected<std::vector<Row>>(const Row& arguments)> rows;
  std::function<Expected<NextRow>(const Row& arguments)> stream = {};
};

// What row functions and the authorizer of their connection must know of each other.
struct RowFunctionState {
  std::optional<Error> error;  // of the last function that failed, while SQLite hands its own error code up
  bool asking = false;         // a question is compiled or runs, and may only read
  bool running = false;        // what is compiled now is ours, not the question's
};

// `state` must outlive the connection's use of the function. Registering a name again replaces it.
Expected<void> register_row_function(sqlite3* connection, RowFunction function, RowFunctionState& state);

}  // namespace bygone::query
