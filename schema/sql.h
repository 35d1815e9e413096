#pragma once

// How field types meet SQLite: one value type, one conversion each way, and the statements a row type needs.
// Nothing here talks to a database.

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "schema/codec.h"
#include "schema/row_fields.h"

namespace bygone {

using SqlValue = std::variant<std::monostate, int64_t, std::string>;

template <class T>
constexpr std::string_view sql_type() {
  if constexpr (wire::is_optional<T>::value)
    return sql_type<typename T::value_type>();
  else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, Protection> ||
                     std::is_same_v<T, Device>)
    return "TEXT";
  else
    return "INTEGER";
}

template <class T>
SqlValue to_sql(const T& value) {
  if constexpr (wire::Strong<T>)
    return int64_t(value.value);
  else if constexpr (wire::is_optional<T>::value)
    return value ? to_sql(*value) : SqlValue{};
  else if constexpr (std::is_same_v<T, std::string>)
    return value;
  else if constexpr (std::is_same_v<T, Protection> || std::is_same_v<T, Device>)
    return value.text();
  else
    return int64_t(value);
}

// False when the stored value cannot be one of T: a damaged or hand-edited row.
template <class T>
bool from_sql(const SqlValue& stored, T& value) {
  if constexpr (wire::Strong<T>) {
    return from_sql(stored, value.value);
  } else if constexpr (wire::is_optional<T>::value) {
    value.reset();
    return std::holds_alternative<std::monostate>(stored) || from_sql(stored, value.emplace());
  } else if constexpr (std::is_same_v<T, std::string>) {
    const auto* text = std::get_if<std::string>(&stored);
    if (text != nullptr) value = *text;
    return text != nullptr;
  } else if constexpr (std::is_same_v<T, Protection> || std::is_same_v<T, Device>) {
    const auto* text = std::get_if<std::string>(&stored);
    auto parsed = text != nullptr ? T::parse(*text) : std::nullopt;
    if (parsed) value = *parsed;
    return parsed.has_value();
  } else {
    const auto* number = std::get_if<int64_t>(&stored);
    if (number == nullptr) return false;
    value = T(*number);
    if constexpr (std::is_enum_v<T>) return is_valid(value);
    return int64_t(value) == *number;
  }
}

// "CREATE TABLE frame(...)"; payload columns included.
template <class Row>
std::string create_table_sql() {
  constexpr std::string_view key = RowFields<Row>::key;
  constexpr bool composite = key.find(',') != std::string_view::npos;
  std::string sql = fmt::format("CREATE TABLE {}(", RowFields<Row>::table);
  bool integer_key = false;
  std::string separator;
  for_each_field<Row>([&](const auto& field) {
    using T = std::remove_cvref_t<decltype(field.get(std::declval<Row&>()))>;
    sql += fmt::format("{}\"{}\" {}", separator, field.name, sql_type<T>());
    if (!composite && field.name == key) {
      sql += " PRIMARY KEY";
      integer_key = sql_type<T>() == "INTEGER";
    }
    separator = ", ";
  });
  if constexpr (RowFields<Row>::payload == PayloadKind::bytes)
    sql += ", blob INTEGER, blob_offset_bytes INTEGER, blob_size_bytes INTEGER";
  if (composite) sql += fmt::format(", PRIMARY KEY({})", key);
  sql += integer_key ? ")" : ") WITHOUT ROWID";
  return sql;
}

// "event, task, ..." quoted; without the payload columns. Of a recording of an older format: what it has not
// is 0.
template <class Row>
std::string column_list(int64_t format = kFormatVersion) {
  std::string list;
  for_each_field<Row>([&](const auto& field) {
    if (!list.empty()) list += ", ";
    list += field.since_format > format ? "0" : fmt::format("\"{}\"", field.name);
  });
  return list;
}

// INSERT (or, for update rows, UPDATE) with one parameter per field in field order, then the payload columns.
template <class Row>
std::string store_row_sql() {
  if constexpr (UpdateRow<Row>) {
    std::string set, where;
    const std::string keys = fmt::format(",{},", RowFields<Row>::key);
    int index = 0;
    for_each_field<Row>([&](const auto& field) {
      const bool is_key = keys.find(fmt::format(",{},", field.name)) != std::string::npos;
      std::string& part = is_key ? where : set;
      if (!part.empty()) part += is_key ? " AND " : ", ";
      part += fmt::format("\"{}\" = ?{}", field.name, ++index);
    });
    return fmt::format("UPDATE {} SET {} WHERE {}", RowFields<Row>::table, set, where);
  } else {
    std::string parameters;
    for_each_field<Row>([&](const auto&) { parameters += parameters.empty() ? "?" : ", ?"; });
    std::string columns = column_list<Row>();
    if constexpr (RowFields<Row>::payload == PayloadKind::bytes) {
      columns += fmt::format(", {}", kPayloadColumns);
      parameters += ", ?, ?, ?";
    }
    return fmt::format("INSERT OR REPLACE INTO {}({}) VALUES ({})", RowFields<Row>::table, columns,
                       parameters);
  }
}

}  // namespace bygone
