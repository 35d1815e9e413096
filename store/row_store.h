#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/SQLiteCpp.h>

#include <optional>
#include <tuple>
#include <variant>

#include "schema/codec.h"
#include "schema/error.h"
#include "schema/row_fields.h"
#include "store/row_sql.h"

namespace bygone {

namespace row_store_detail {
template <class... A, class... B>
std::variant<A..., B...> variant_of(std::tuple<A...>*, std::tuple<B...>*);
}  // namespace row_store_detail

// Any row that travels on the wire.
using AnyRow = decltype(row_store_detail::variant_of(static_cast<TableRows*>(nullptr),
                                                     static_cast<UpdateRows*>(nullptr)));

// Decodes untrusted bytes as the row type `type` names.
Expected<AnyRow> decode_any_row(RecordType type, std::span<const std::byte> bytes);

// The event after which a row is part of the recording; nullopt for rows that belong to none (names, header
// entries). A row without an event of its own that changes a task belongs to the event being written:
// kNoEvent.
std::optional<EventNumber> event_of(const AnyRow& row);

// The prepared statements that put rows into their tables. Members throw SQLite::Exception.
class RowStore {
 public:
  explicit RowStore(SQLite::Database& database) : database_(database) {}

  // Fails when an update names a row that does not exist.
  Expected<void> put(const AnyRow& row, const std::optional<BlobPosition>& payload);
  template <class Row>
  Expected<void> put_row(const Row& row, const std::optional<BlobPosition>& payload);

 private:
  template <class Row>
  SQLite::Statement& statement();

  template <class... A, class... B>
  static std::tuple<std::pair<A*, std::optional<SQLite::Statement>>...,
                    std::pair<B*, std::optional<SQLite::Statement>>...>
  statements_of(std::tuple<A...>*, std::tuple<B...>*);

  SQLite::Database& database_;
  decltype(statements_of(static_cast<TableRows*>(nullptr), static_cast<UpdateRows*>(nullptr))) statements_;
};

template <class Row>
SQLite::Statement& RowStore::statement() {
  auto& slot = std::get<std::pair<Row*, std::optional<SQLite::Statement>>>(statements_).second;
  if (!slot) slot.emplace(database_, store_row_sql<Row>());
  return *slot;
}

template <class Row>
Expected<void> RowStore::put_row(const Row& row, const std::optional<BlobPosition>& payload) {
  SQLite::Statement& into = statement<Row>();
  into.reset();
  [[maybe_unused]] const int next = bind_row(into, row);
  if constexpr (!UpdateRow<Row> && RowFields<Row>::payload == PayloadKind::bytes)
    bind_payload(into, next, payload);
  const int changed = into.exec();
  if (UpdateRow<Row> && changed != 1)
    return fail(ErrorKind::bad_data, fmt::format("{} record", RowFields<Row>::table),
                "ends a row that does not exist");
  return {};
}

}  // namespace bygone
