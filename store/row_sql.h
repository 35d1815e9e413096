#pragma once

// Rows in and out of prepared statements, made from the field lists of schema/row_fields.h.

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include "schema/error.h"
#include "schema/sql.h"
#include "store/blob_position.h"

namespace bygone {

inline void bind_value(SQLite::Statement& statement, int index, const SqlValue& value) {
  if (const auto* number = std::get_if<int64_t>(&value))
    statement.bind(index, *number);
  else if (const auto* text = std::get_if<std::string>(&value))
    statement.bind(index, *text);
  else
    statement.bind(index);
}

// Binds every field, in field order, from parameter 1 on; returns the next free parameter.
template <class Row>
int bind_row(SQLite::Statement& statement, const Row& row) {
  int index = 1;
  for_each_field<Row>([&](const auto& field) { bind_value(statement, index++, to_sql(field.get(row))); });
  return index;
}

inline void bind_payload(SQLite::Statement& statement, int index,
                         const std::optional<BlobPosition>& payload) {
  if (payload) {
    statement.bind(index, payload->blob);
    statement.bind(index + 1, payload->offset_bytes);
    statement.bind(index + 2, payload->size_bytes);
  } else {
    for (int i = 0; i < 3; ++i) statement.bind(index + i);
  }
}

// A column as the database holds it. False for types no field of ours has.
inline bool column_value(const SQLite::Statement& statement, int index, SqlValue& value) {
  const SQLite::Column column = statement.getColumn(index);
  switch (column.getType()) {
    case SQLITE_INTEGER:
      value = column.getInt64();
      return true;
    case SQLITE_TEXT:
      value = column.getString();
      return true;
    case SQLITE_NULL:
      value = std::monostate{};
      return true;
    default:
      return false;
  }
}

// Reads the columns of column_list<Row>() from column `first_column` on.
template <class Row>
Expected<void> read_row(const SQLite::Statement& statement, Row& row, int first_column = 0) {
  int index = first_column;
  std::string_view bad;
  SqlValue value;
  for_each_field<Row>([&](const auto& field) {
    if (bad.empty() && (!column_value(statement, index, value) || !from_sql(value, field.get(row))))
      bad = field.name;
    ++index;
  });
  if (bad.empty()) return {};
  return fail(ErrorKind::bad_data, fmt::format("table {}", RowFields<Row>::table),
              fmt::format("a row holds a value in column '{}' that cannot be", bad),
              "`bygone verify` says which row; record again if there is no copy");
}

// Reads the three payload columns from `first_column` on; nullopt for a row without payload.
inline Expected<std::optional<BlobPosition>> read_payload(const SQLite::Statement& statement,
                                                          int first_column) {
  BlobPosition position;
  int64_t* parts[] = {&position.blob, &position.offset_bytes, &position.size_bytes};
  int nulls = 0;
  for (int i = 0; i < 3; ++i) {
    const SQLite::Column column = statement.getColumn(first_column + i);
    if (column.isNull())
      ++nulls;
    else if (column.isInteger())
      *parts[i] = column.getInt64();
    else
      nulls = 4;
  }
  if (nulls == 3) return std::optional<BlobPosition>{};
  if (nulls != 0 || position.blob == 0 || position.blob == INT64_MIN || position.offset_bytes < 0 ||
      position.size_bytes < 0)
    return fail(ErrorKind::bad_data, "payload", "a row says nonsense about where its bytes are");
  return std::optional<BlobPosition>{position};
}

}  // namespace bygone
