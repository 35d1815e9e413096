#include "query/select.h"

#include <sqlite3.h>

#include "query/sqlite_cells.h"

namespace bygone::query {

Expected<void> for_each_step(sqlite3* connection, const std::string& sql,
                             const std::function<void(sqlite3_stmt*)>& visit) {
  sqlite3_stmt* statement = nullptr;
  int status = sqlite3_prepare_v2(connection, sql.c_str(), int(sql.size() + 1), &statement, nullptr);
  if (status == SQLITE_OK)
    while ((status = sqlite3_step(statement)) == SQLITE_ROW) visit(statement);
  const std::string cause = status == SQLITE_DONE ? "" : sqlite3_errmsg(connection);
  sqlite3_finalize(statement);
  if (status != SQLITE_DONE) return fail(ErrorKind::bad_data, "recording", cause, "it is damaged");
  return {};
}

Expected<std::vector<Row>> select_rows(sqlite3* connection, const std::string& sql) {
  std::vector<Row> rows;
  BYGONE_TRY(for_each_step(connection, sql, [&](sqlite3_stmt* statement) {
    Row& row = rows.emplace_back();
    for (int i = 0; i < sqlite3_column_count(statement); ++i)
      row.push_back(cell_of(sqlite3_column_value(statement, i)));
  }));
  return rows;
}

Expected<int64_t> select_number(sqlite3* connection, const std::string& sql, int64_t otherwise) {
  BYGONE_ASSIGN(const auto rows, select_rows(connection, sql));
  if (rows.empty() || rows.front().empty()) return otherwise;
  const auto* number = std::get_if<int64_t>(&rows.front().front());
  return number != nullptr ? *number : otherwise;
}

}  // namespace bygone::query
