#include "store/database.h"

#include <SQLiteCpp/Backup.h>
#include <fmt/core.h>
#include <sqlite3.h>

namespace bygone {

namespace {

constexpr int kBusyTimeoutMs = 30'000;
// No string or blob of ours is longer: a chunk, a blob, a path.
constexpr int kLongestValueBytes = 64 << 20;
constexpr int kReaderCacheKib = 32 << 10;

// SQLite takes what is missing of the last page for zeros. Where a write-ahead log lies beside it, pages may
// be there.
Expected<void> check_length(const std::filesystem::path& path, SQLite::Database& database) {
  std::error_code error;
  if (std::filesystem::exists(path.string() + "-wal", error)) return {};
  const uint64_t should =
      uint64_t(pragma_number(database, "page_count")) * uint64_t(pragma_number(database, "page_size"));
  const uintmax_t size = std::filesystem::file_size(path, error);
  if (error || size >= should) return {};
  return fail(ErrorKind::bad_data, path.string(),
              fmt::format("is cut off: {} bytes of {} are there", size, should), "copy or pack it again");
}

}  // namespace

Error error_of(const SQLite::Exception& exception, std::string_view object) {
  const std::string name(object);
  const std::string cause = exception.what();
  switch (exception.getErrorCode() & 0xff) {
    case SQLITE_CORRUPT:
      return {ErrorKind::bad_data, name, fmt::format("is damaged ({})", cause),
              "`bygone verify` says which part; record again if there is no copy"};
    case SQLITE_NOTADB:
      return {ErrorKind::bad_data, name, "is not a SQLite database, or its beginning is damaged",
              "check the file name"};
    case SQLITE_FULL:
      return {ErrorKind::io, name, "the disk is full", "free some space; what was committed is intact"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {ErrorKind::no_permission, name, fmt::format("may not be written ({})", cause),
              "check the owner and mode of the store"};
    case SQLITE_CANTOPEN:
      return {ErrorKind::io, name, "cannot be opened",
              "check that its directory exists and may be written, and `ulimit -n`"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorKind::io, name, "is kept busy by another process", "try again"};
    case SQLITE_IOERR:
      return {ErrorKind::io, name, fmt::format("reading or writing failed ({})", cause), "check the disk"};
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
      return {ErrorKind::bad_data, name, "holds a value too large to be one of ours",
              "`bygone verify` says which"};
    case SQLITE_CONSTRAINT:
      return {ErrorKind::bad_data, name, fmt::format("breaks its own rules ({})", cause), {}};
    case SQLITE_ERROR:
      return {ErrorKind::bad_data, name, fmt::format("has not the tables it should have ({})", cause),
              "it may come from another build of bygone"};
    default:
      return {ErrorKind::io, name, cause, {}};
  }
}

std::unique_ptr<SQLite::Database> create_database(const std::filesystem::path& path, int32_t application_id,
                                                  int32_t version) {
  auto database = std::make_unique<SQLite::Database>(
      path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_NOMUTEX, kBusyTimeoutMs);
  database->exec("PRAGMA page_size = 16384");
  database->exec("PRAGMA auto_vacuum = INCREMENTAL");
  database->exec("PRAGMA journal_mode = WAL");
  database->exec("PRAGMA synchronous = NORMAL");
  database->exec("PRAGMA secure_delete = OFF");
  database->exec(fmt::format("PRAGMA application_id = {}", application_id));
  database->exec(fmt::format("PRAGMA user_version = {}", version));
  return database;
}

std::unique_ptr<SQLite::Database> open_for_writing(const std::filesystem::path& path) {
  auto database = std::make_unique<SQLite::Database>(
      path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX, kBusyTimeoutMs);
  database->exec("PRAGMA synchronous = NORMAL");
  database->exec("PRAGMA secure_delete = OFF");
  database->exec("PRAGMA foreign_keys = OFF");
  return database;
}

ReadTransaction::ReadTransaction(SQLite::Database& database)
    : database_(sqlite3_get_autocommit(database.getHandle()) != 0 ? &database : nullptr) {
  if (database_ != nullptr) database_->exec("BEGIN");
}

ReadTransaction::~ReadTransaction() {
  if (database_ != nullptr) database_->tryExec("COMMIT");
}

void copy_database(SQLite::Database& from, SQLite::Database& to) {
  constexpr int kPagesPerStep = 256;
  SQLite::Backup backup(to, from);
  while (backup.executeStep(kPagesPerStep) != SQLITE_DONE) {
  }
}

int64_t pragma_number(SQLite::Database& database, const std::string& name) {
  SQLite::Statement statement(database, "PRAGMA " + name);
  return statement.executeStep() ? statement.getColumn(0).getInt64() : 0;
}

Expected<std::unique_ptr<SQLite::Database>> open_untrusted(const std::filesystem::path& path,
                                                           int32_t application_id, std::string_view what) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored))
    return fail(ErrorKind::not_found, path.string(), "there is no such file");
  if (!std::filesystem::is_regular_file(path, ignored))
    return fail(ErrorKind::bad_data, path.string(), fmt::format("is not a file, so not {}", what));
  using Opened = Expected<std::unique_ptr<SQLite::Database>>;
  return guarded(path.string(), [&]() -> Opened {
    auto database = std::make_unique<SQLite::Database>(
        path.string(), SQLite::OPEN_READONLY | SQLite::OPEN_NOMUTEX, kBusyTimeoutMs);
    sqlite3* handle = database->getHandle();
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
    // Else a missing column would read as its own name.
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, kLongestValueBytes);
    sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 1);
    database->exec("PRAGMA mmap_size = 0");
    database->exec("PRAGMA cell_size_check = ON");
    database->exec(fmt::format("PRAGMA cache_size = -{}", kReaderCacheKib));
    database->exec("PRAGMA query_only = ON");
    // The first read: here a file that is no database gives itself away.
    if (pragma_number(*database, "application_id") != application_id)
      return fail(ErrorKind::bad_data, path.string(), fmt::format("is a SQLite database, but not {}", what),
                  "check the file name");
    return check_length(path, *database).map([&] { return std::move(database); });
  });
}

}  // namespace bygone
