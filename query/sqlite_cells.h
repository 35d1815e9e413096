#pragma once

#include <sqlite3.h>

#include <climits>
#include <string>

#include "query/cell.h"

namespace bygone::query {

// Internal linkage, here and below: row_function.cc and scalar_functions.cc are compiled a second time, for
// sqlite_extension.cc, with another meaning of the sqlite3_ names.
static inline void assign_cell(Cell& cell, sqlite3_value* value) {
  switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
      cell = int64_t(sqlite3_value_int64(value));
      return;
    case SQLITE_FLOAT:
      cell = sqlite3_value_double(value);
      return;
    case SQLITE_TEXT: {
      const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
      const auto size = text == nullptr ? 0 : size_t(sqlite3_value_bytes(value));
      // A string of the row before has room already.
      if (auto* string = std::get_if<std::string>(&cell))
        string->assign(text, size);
      else
        cell.emplace<std::string>(text, size);
      return;
    }
    case SQLITE_BLOB: {
      const auto* bytes = static_cast<const char*>(sqlite3_value_blob(value));
      cell = Blob{bytes == nullptr ? std::string() : std::string(bytes, size_t(sqlite3_value_bytes(value)))};
      return;
    }
    default:
      cell = std::monostate{};
  }
}

static inline Cell cell_of(sqlite3_value* value) {
  Cell cell;
  assign_cell(cell, value);
  return cell;
}

static inline void set_result(sqlite3_context* context, const Cell& cell) {
  if (const auto* integer = std::get_if<int64_t>(&cell)) {
    sqlite3_result_int64(context, *integer);
  } else if (const auto* real = std::get_if<double>(&cell)) {
    sqlite3_result_double(context, *real);
  } else if (const auto* text = std::get_if<std::string>(&cell)) {
    // Told no length, SQLite knows that a zero follows, and does not copy again to add one.
    if (text->size() < size_t(INT_MAX) && text->find('\0') == std::string::npos)
      sqlite3_result_text(context, text->c_str(), -1, SQLITE_TRANSIENT);
    else
      sqlite3_result_text64(context, text->data(), text->size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  } else if (const auto* blob = std::get_if<Blob>(&cell)) {
    sqlite3_result_blob64(context, blob->bytes.data(), blob->bytes.size(), SQLITE_TRANSIENT);
  } else {
    sqlite3_result_null(context);
  }
}

}  // namespace bygone::query
