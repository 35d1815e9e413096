#pragma once

#include <SQLiteCpp/Database.h>

#include <cstddef>
#include <cstdint>

namespace bygone {

inline constexpr int64_t kCatalogVersion = 2;
// Contents are cut into chunks of this size; the last one may be shorter.
inline constexpr size_t kChunkBytes = 64 << 10;

// The tables that hold the bytes of files: in a catalog, and in a packed recording. Throws SQLite::Exception.
void create_content_tables(SQLite::Database& database);

// What only a catalog has: which file holds which content, and which recording uses it. Throws
// SQLite::Exception.
void create_catalog_tables(SQLite::Database& database);

// Brings a catalog of an older version up to kCatalogVersion. Throws SQLite::Exception.
void migrate_catalog(SQLite::Database& database, int64_t version);

}  // namespace bygone
