#pragma once

// SQLite connections as this room uses them, and the one place where SQLiteCpp's exceptions become values.

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "schema/error.h"

namespace bygone {

// "BYGN", the application_id of recordings (PRAGMA application_id; see file(1)); catalogs have one of their
// own.
inline constexpr int32_t kRecordingApplicationId = 0x4259474e;
inline constexpr int32_t kCatalogApplicationId = 0x42594743;

// What a failed SQLite call means to the user of `object`.
Error error_of(const SQLite::Exception& exception, std::string_view object);

// Runs `action` (which may return a value, an Expected or nothing) and turns SQLite's exceptions into errors.
template <class Action>
auto guarded(std::string_view object, Action&& action) {
  using Result = std::invoke_result_t<Action>;
  constexpr bool is_expected = requires {
    std::declval<Result>().error();
  };
  using Returned =
      std::conditional_t<is_expected, Result, Expected<std::conditional_t<is_expected, void, Result>>>;
  try {
    if constexpr (std::is_void_v<Result>) {
      action();
      return Returned{};
    } else {
      return Returned{action()};
    }
  } catch (const SQLite::Exception& exception) {
    return Returned{tl::unexpected(error_of(exception, object))};
  } catch (const std::bad_alloc&) {
    return Returned{fail(ErrorKind::io, std::string(object), "does not fit into memory")};
  }
}

// Ends what a statement reads when a function is left, however it is: else the connection would keep its
// snapshot and refuse to define functions.
class ResetOnExit {
 public:
  explicit ResetOnExit(SQLite::Statement& statement) : statement_(statement) {}
  ~ResetOnExit() { statement_.tryReset(); }
  ResetOnExit(const ResetOnExit&) = delete;
  ResetOnExit& operator=(const ResetOnExit&) = delete;

 private:
  SQLite::Statement& statement_;
};

// A new database: WAL, 16 KiB pages, synchronous=NORMAL. `path` must be an empty file of ours. Throws
// SQLite::Exception.
std::unique_ptr<SQLite::Database> create_database(const std::filesystem::path& path, int32_t application_id,
                                                  int32_t version);

// An existing database of ours, for writing. Throws SQLite::Exception.
std::unique_ptr<SQLite::Database> open_for_writing(const std::filesystem::path& path);

// A database whose content may be hostile or damaged: read-only, no trusted schema, defensive, no memory
// mapping, bounded lengths. Fails with not_found, or bad_data unless it is SQLite with this application_id.
Expected<std::unique_ptr<SQLite::Database>> open_untrusted(const std::filesystem::path& path,
                                                           int32_t application_id, std::string_view what);

// Several look-ups on one state of the database, which also saves each the locking. Nests in any other
// transaction.
class ReadTransaction {
 public:
  explicit ReadTransaction(SQLite::Database& database);
  ~ReadTransaction();
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;

 private:
  SQLite::Database* database_;  // null where the transaction is somebody else's
};

// A consistent copy, also of a database that is being written. Throws SQLite::Exception.
void copy_database(SQLite::Database& from, SQLite::Database& to);

// "PRAGMA name" as a number.
int64_t pragma_number(SQLite::Database& database, const std::string& name);

}  // namespace bygone
