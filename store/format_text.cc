#include "store/format_text.h"

#include <fmt/core.h>

#include "schema/enum_names.h"
#include "schema/sql.h"

namespace bygone {

namespace {

template <class T>
std::string wire_type() {
  if constexpr (wire::Strong<T>)
    return wire_type<typename T::representation>();
  else if constexpr (wire::is_optional<T>::value)
    return "optional " + wire_type<typename T::value_type>();
  else if constexpr (std::is_same_v<T, std::string>)
    return "text";
  else if constexpr (std::is_same_v<T, Device>)
    return "two unsigned";
  else if constexpr (std::is_enum_v<T> || std::is_same_v<T, Protection> || std::is_unsigned_v<T>)
    return "unsigned";
  else
    return "signed";
}

template <class Row>
std::string payload_text() {
  switch (RowFields<Row>::payload) {
    case PayloadKind::bytes:
      return fmt::format("Payload: bytes, in the byte stream of blobs ({}).\n\n", kPayloadColumns);
    case PayloadKind::registers:
      return "Payload: the registers, 27 native 64-bit words, or nothing; stored in `frame_chunk`.\n\n";
    case PayloadKind::none:
      break;
  }
  return {};
}

template <class Row>
std::string fields_text() {
  std::string text = "| column | SQL | wire | meaning |\n|---|---|---|---|\n";
  for_each_field<Row>([&](const auto& field) {
    using T = std::remove_cvref_t<decltype(field.get(std::declval<Row&>()))>;
    text += fmt::format("| `{}` | {} | {} | {}{} |\n", field.name, sql_type<T>(), wire_type<T>(), field.doc,
                        field.since_format == 0 ? "" : fmt::format(" (since format {})", field.since_format));
  });
  return text + "\n";
}

template <class Row>
std::string table_text() {
  return fmt::format("### {}\n\n{} Record type {}; key: {}.\n\n{}{}", RowFields<Row>::table,
                     RowFields<Row>::doc, int(RowFields<Row>::type), RowFields<Row>::key, payload_text<Row>(),
                     fields_text<Row>());
}

template <class Row>
std::string update_text() {
  std::string names;
  for_each_field<Row>(
      [&](const auto& field) { names += fmt::format("{}`{}`", names.empty() ? "" : ", ", field.name); });
  return fmt::format("| {} | `{}` | {} | {} |\n", int(RowFields<Row>::type), RowFields<Row>::table,
                     RowFields<Row>::key, names);
}

template <class E>
std::string names_text() {
  std::string values;
  for (const auto& [value, name] : EnumNames<E>::names)
    values += fmt::format("{}{} {}", values.empty() ? "" : ", ", int(value), name);
  return fmt::format("| `{}` | {} |\n", EnumNames<E>::table, values);
}

}  // namespace

std::string format_tables_text() {
  std::string text;
  [&]<class... Row>(std::type_identity<std::tuple<Row...>>) {
    ((text += table_text<Row>()), ...);
  }(std::type_identity<TableRows>{});
  text +=
      "### Records that change rows\n\nThe key names the row, the other fields are the columns they set.\n\n"
      "| record type | table | key | fields |\n|---|---|---|---|\n";
  [&]<class... Row>(std::type_identity<std::tuple<Row...>>) {
    ((text += update_text<Row>()), ...);
  }(std::type_identity<UpdateRows>{});
  text +=
      "\n### Names of stored values\n\nEach is a table of `value` and `name`.\n\n| table | values "
      "|\n|---|---|\n";
  text += names_text<FrameKind>() + names_text<MappingKind>() + names_text<DataSource>() +
          names_text<SignalPosition>() + names_text<SignalAction>();
  return text;
}

}  // namespace bygone
