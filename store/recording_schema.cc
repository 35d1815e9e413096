#include "store/recording_schema.h"

#include <SQLiteCpp/Statement.h>
#include <fmt/core.h>

#include <string>

#include "schema/sql.h"
#include "schema/version.h"
#include "store/database.h"

namespace bygone {

namespace {

constexpr std::string_view kSharedChunkTable =
    "CREATE TABLE shared_chunk(id INTEGER PRIMARY KEY, size_bytes INTEGER, sha256 BLOB)";

constexpr std::string_view kBulkTables[] = {
    "CREATE TABLE frame_chunk(first_event INTEGER PRIMARY KEY, last_event INTEGER, registers BLOB)",
    "CREATE TABLE chunk_call(call INTEGER, first_event INTEGER, last_event INTEGER, returns INTEGER, errors "
    "INTEGER, PRIMARY KEY(call, "
    "first_event)) "
    "WITHOUT ROWID",
    "CREATE TABLE chunk_task(task INTEGER, first_event INTEGER, last_event INTEGER, PRIMARY KEY(task, "
    "first_event)) "
    "WITHOUT ROWID",
    "CREATE TABLE blob(id INTEGER PRIMARY KEY, size_bytes INTEGER, bytes BLOB)",
    kSharedChunkTable,
    "CREATE TABLE mapping_checkpoint(address_space INTEGER, event INTEGER, mappings BLOB, "
    "PRIMARY KEY(address_space, event)) WITHOUT ROWID",
    "CREATE TABLE unfinished_row(ordinal INTEGER PRIMARY KEY, type INTEGER, fields BLOB, blob INTEGER, "
    "blob_offset_bytes INTEGER, blob_size_bytes INTEGER)",
};

constexpr std::string_view kIndexes[] = {
    "CREATE INDEX mapping_by_first_event ON mapping(address_space, first_event)",
    "CREATE INDEX path_argument_by_path ON path_argument(path)",
};

// For people with plain sqlite3: names instead of numbers, addresses in hex, kNoEvent as null.
constexpr std::string_view kViews[] = {
    "CREATE VIEW frames AS SELECT f.event, f.task, k.name AS kind, "
    "CASE WHEN f.kind IN (6, 7) THEN 'signal ' || f.call WHEN f.kind = 8 THEN NULL ELSE coalesce(c.name, "
    "f.call) END AS call, f.result, "
    "f.time_ns FROM frame f LEFT JOIN frame_kind k ON k.value = f.kind LEFT JOIN call_name c ON c.number = "
    "f.call",
    "CREATE VIEW mappings AS SELECT m.id, m.address_space, m.first_event, "
    "nullif(m.end_event, 9223372036854775807) AS end_event, printf('0x%x', m.\"start\") AS \"start\", "
    "printf('0x%x', m.\"end\") AS \"end\", m.prot, printf('0x%x', m.\"offset\") AS \"offset\", m.device, "
    "m.inode, "
    "m.path, k.name AS kind, s.name AS source, m.content FROM mapping m "
    "LEFT JOIN mapping_kind k ON k.value = m.kind LEFT JOIN data_source s ON s.value = m.source",
    "CREATE VIEW memory_writes AS SELECT event, ordinal, task, printf('0x%x', address) AS address, "
    "size_bytes "
    "FROM memory_write",
    "CREATE VIEW tasks AS SELECT id, tid, tgid, parent, first_event, "
    "nullif(end_event, 9223372036854775807) AS end_event, command, status FROM task",
    "CREATE VIEW signals AS SELECT s.event, s.task, s.signal, s.code, p.name AS position, a.name AS action "
    "FROM signal s LEFT JOIN signal_position p ON p.value = s.position "
    "LEFT JOIN signal_action a ON a.value = s.action",
};

template <class E>
void create_names(SQLite::Database& database) {
  database.exec(fmt::format("CREATE TABLE {}(value INTEGER PRIMARY KEY, name TEXT)", EnumNames<E>::table));
  for (const auto& [value, name] : EnumNames<E>::names)
    database.exec(fmt::format("INSERT INTO {} VALUES({}, '{}')", EnumNames<E>::table, int(value), name));
}

template <class Row>
void upgrade_table(SQLite::Database& database, int64_t version) {
  if (since_format<Row>() > version) {
    database.exec(create_table_sql<Row>());
    return;
  }
  for_each_field<Row>([&](const auto& field) {
    if (field.since_format > version)
      database.exec(fmt::format("ALTER TABLE {} ADD COLUMN \"{}\" INTEGER NOT NULL DEFAULT 0",
                                RowFields<Row>::table, field.name));
  });
}

template <class Visit>
void for_each_table(int64_t version, Visit&& visit) {
  [&]<class... Row>(std::type_identity<std::tuple<Row...>>) {
    const auto visit_row = [&]<class R>(std::type_identity<R>) {
      if (version < since_format<R>()) return;
      const std::string payload =
          RowFields<R>::payload == PayloadKind::bytes ? fmt::format(", {}", kPayloadColumns) : "";
      visit(std::string(RowFields<R>::table), column_list<R>(version) + payload);
    };
    (visit_row(std::type_identity<Row>{}), ...);
  }(std::type_identity<TableRows>{});
  visit("frame_chunk", "first_event, last_event, registers");
  visit("blob", "id, size_bytes, bytes");
  visit("mapping_checkpoint", "address_space, event, mappings");
  if (version >= kSharedChunksSince) visit("shared_chunk", "id, size_bytes, sha256");
}

// Not in recordings of older builds, and of no use to them if they are.
constexpr std::pair<const char*, const char*> kOptionalTables[] = {
    {"chunk_call", "call, first_event, last_event, returns, errors"},
    {"chunk_task", "task, first_event, last_event"},
};

Error foreign_table(std::string_view object, const std::string& table, std::string cause) {
  return {ErrorKind::bad_data, std::string(object), fmt::format("its table {} {}", table, cause),
          "it is damaged or was not written by bygone"};
}

Expected<void> check_table(SQLite::Database& database, std::string_view object, const std::string& table,
                           const std::string& columns) {
  SQLite::Statement kind(database, "SELECT type, sql FROM sqlite_schema WHERE name = ? COLLATE NOCASE");
  kind.bind(1, table);
  if (!kind.executeStep()) return tl::unexpected(foreign_table(object, table, "is missing"));
  const std::string sql = kind.getColumn(1).getString();
  if (kind.getColumn(0).getString() != "table" || sql.rfind("CREATE TABLE", 0) != 0)
    return tl::unexpected(foreign_table(object, table, "is no plain table"));
  SQLite::Statement hidden(database, "SELECT count(*) FROM pragma_table_xinfo(?) WHERE hidden <> 0");
  hidden.bind(1, table);
  if (hidden.executeStep() && hidden.getColumn(0).getInt() != 0)
    return tl::unexpected(foreign_table(object, table, "has computed columns"));
  try {
    SQLite::Statement all(database, fmt::format("SELECT {} FROM {}", columns, table));
  } catch (const SQLite::Exception&) {
    return tl::unexpected(foreign_table(object, table, fmt::format("has not the columns {}", columns)));
  }
  return {};
}

}  // namespace

void create_recording_tables(SQLite::Database& database) {
  [&]<class... Row>(std::type_identity<std::tuple<Row...>>) {
    (database.exec(create_table_sql<Row>()), ...);
  }(std::type_identity<TableRows>{});
  create_names<FrameKind>(database);
  create_names<MappingKind>(database);
  create_names<DataSource>(database);
  create_names<SignalPosition>(database);
  create_names<SignalAction>(database);
  create_names<SnapshotPosition>(database);
  for (const auto sql : kBulkTables) database.exec(std::string(sql));
  for (const auto sql : kIndexes) database.exec(std::string(sql));
  for (const auto sql : kViews) database.exec(std::string(sql));
}

void upgrade_recording_tables(SQLite::Database& database) {
  const int64_t version = pragma_number(database, "user_version");
  if (version >= kFormatVersion) return;
  [&]<class... Row>(std::type_identity<std::tuple<Row...>>) {
    (upgrade_table<Row>(database, version), ...);
  }(std::type_identity<TableRows>{});
  if (version < kSnapshotsSince) create_names<SnapshotPosition>(database);
  if (version < kThreadStacksSince) {
    database.exec(fmt::format("DROP TABLE {}", EnumNames<MappingKind>::table));
    create_names<MappingKind>(database);
  }
  if (version < kSharedChunksSince) database.exec(std::string(kSharedChunkTable));
  database.exec(fmt::format("PRAGMA user_version = {}", kFormatVersion));
  database.exec(fmt::format("UPDATE header SET value = '{}' WHERE key = 'format'", kFormatVersion));
}

Expected<void> check_recording_tables(SQLite::Database& database, std::string_view object) {
  const int64_t version = pragma_number(database, "user_version");
  if (version < kOldestReadable)
    return fail(ErrorKind::bad_data, std::string(object),
                fmt::format("has no known format (version {})", version));
  if (version > kFormatVersion) {
    int64_t needed = version;
    SQLite::Statement oldest(database,
                             "SELECT CAST(value AS INTEGER) FROM header WHERE key = 'oldest_reader'");
    if (oldest.executeStep()) needed = oldest.getColumn(0).getInt64();
    if (needed > kFormatVersion)
      return fail(
          ErrorKind::bad_data, std::string(object),
          fmt::format("is of format {}, which takes a bygone that reads format {}; this one reads up to {}",
                      version, needed, kFormatVersion),
          "use a newer bygone");
  }
  SQLite::Statement triggers(database, "SELECT name FROM sqlite_schema WHERE type = 'trigger'");
  if (triggers.executeStep())
    return fail(ErrorKind::bad_data, std::string(object), "has triggers, which no recording has",
                "it was not written by bygone");
  Expected<void> result;
  for_each_table(version, [&](const std::string& table, const std::string& columns) {
    if (result) result = check_table(database, object, table, columns);
  });
  for (const auto& [table, columns] : kOptionalTables) {
    SQLite::Statement there(database, "SELECT 1 FROM sqlite_schema WHERE name = ? COLLATE NOCASE");
    there.bind(1, table);
    if (result && there.executeStep()) result = check_table(database, object, table, columns);
  }
  return result;
}

}  // namespace bygone
