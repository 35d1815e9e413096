#include "store/catalog_schema.h"

namespace bygone {

namespace {

// Chunks that a recording refers to by itself, outside of any file.
void create_chunk_use(SQLite::Database& database) {
  database.exec("CREATE TABLE chunk_user(id INTEGER PRIMARY KEY, recording TEXT UNIQUE)");
  database.exec(
      "CREATE TABLE chunk_use(user INTEGER, chunk INTEGER, PRIMARY KEY(user, chunk)) WITHOUT ROWID");
  database.exec("CREATE INDEX chunk_use_by_chunk ON chunk_use(chunk)");
}

}  // namespace

void create_content_tables(SQLite::Database& database) {
  // sha256 is null until the content is complete. Chunks of zeros have no row in file_chunk; chunk_count
  // counts the rest.
  database.exec(
      "CREATE TABLE file_content(id INTEGER PRIMARY KEY, sha256 TEXT UNIQUE, size_bytes INTEGER, chunk_count "
      "INTEGER)");
  database.exec(
      "CREATE TABLE file_chunk(content INTEGER, ordinal INTEGER, chunk INTEGER, PRIMARY KEY(content, "
      "ordinal)) "
      "WITHOUT ROWID");
  database.exec("CREATE INDEX file_chunk_by_chunk ON file_chunk(chunk)");
  database.exec(
      "CREATE TABLE chunk(id INTEGER PRIMARY KEY, sha256 BLOB UNIQUE, size_bytes INTEGER, bytes BLOB)");
}

void create_catalog_tables(SQLite::Database& database) {
  create_content_tables(database);
  database.exec(
      "CREATE TABLE file_identity(device TEXT, inode INTEGER, size_bytes INTEGER, mtime_ns INTEGER, ctime_ns "
      "INTEGER, "
      "content INTEGER, PRIMARY KEY(device, inode, size_bytes, mtime_ns, ctime_ns)) WITHOUT ROWID");
  database.exec("CREATE INDEX file_identity_by_content ON file_identity(content)");
  database.exec(
      "CREATE TABLE content_use(recording TEXT, content INTEGER, PRIMARY KEY(recording, content)) WITHOUT "
      "ROWID");
  database.exec("CREATE INDEX content_use_by_content ON content_use(content)");
  database.exec(
      "CREATE TABLE content_in_progress(recording TEXT, ordinal INTEGER, content INTEGER, stored_bytes "
      "INTEGER, "
      "PRIMARY KEY(recording, ordinal)) WITHOUT ROWID");
  create_chunk_use(database);
}

void migrate_catalog(SQLite::Database& database, int64_t version) {
  if (version < 2) create_chunk_use(database);
}

}  // namespace bygone
