// The functions and views of docs/query.md in any program that uses SQLite:
//   sqlite3 RECORDING.db
//   .load bygone_sqlite
//   SELECT * FROM mappings_at(120, 1);
// The recording is what the host has open as its main database. The host decides what may be done with it;
// the functions read it through a connection of their own.

#include <fmt/core.h>

#include <filesystem>
#include <memory>

#include "query/mapping_rows.h"
#include "query/recording_rows.h"
#include "query/row_function.h"
#include "query/scalar_functions.h"
#include "query/session.h"
#include "query/views.h"
#include "store/recording_reader.h"

const sqlite3_api_routines* sqlite3_api = nullptr;

namespace bygone::query {
namespace {

// Lives as long as the host's connection has the function bygone_recording().
struct Extension {
  std::unique_ptr<RecordingReader> recording;
  std::unique_ptr<Session> session;  // row functions ask the recording's own connection, with its views
  RowFunctionState state;
};

Expected<std::unique_ptr<RecordingReader>> open_recording(sqlite3* host) {
  const char* file = sqlite3_db_filename(host, "main");
  if (file == nullptr || *file == '\0')
    return fail(ErrorKind::usage, "bygone_sqlite", "has no recording: the main database is in memory",
                "open the file of a recording first, as in `sqlite3 FILE`");
  // The catalog of the store, for a recording that lies in one.
  const std::filesystem::path path = file;
  std::filesystem::path catalog = path.parent_path().parent_path() / "catalog.db";
  std::error_code ignored;
  if (!std::filesystem::exists(catalog, ignored)) catalog.clear();
  return RecordingReader::open(path, catalog);
}

Expected<void> define_views(sqlite3* host) {
  for (const View& view : views()) {
    const std::string sql = fmt::format("CREATE TEMP VIEW IF NOT EXISTS {} AS {}", view.name, view.select);
    if (sqlite3_exec(host, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
      return fail(ErrorKind::unavailable, fmt::format("view {}", view.name), sqlite3_errmsg(host));
  }
  return {};
}

void tell_name(sqlite3_context* context, int, sqlite3_value**) {
  const auto& name = static_cast<Extension*>(sqlite3_user_data(context))->recording->name();
  sqlite3_result_text(context, name.c_str(), int(name.size()), SQLITE_TRANSIENT);
}

Expected<void> load(sqlite3* host) {
  auto extension = std::make_unique<Extension>();
  BYGONE_ASSIGN(extension->recording, open_recording(host));
  BYGONE_ASSIGN(extension->session, Session::open(*extension->recording));
  BYGONE_TRY(register_scalar_functions(host, extension->session->call_names()));
  for (RowFunction& function : mapping_functions(*extension->recording))
    BYGONE_TRY(register_row_function(host, std::move(function), extension->state));
  for (RowFunction& function : recording_functions(*extension->recording))
    BYGONE_TRY(register_row_function(host, std::move(function), extension->state));
  BYGONE_TRY(define_views(host));
  const int status = sqlite3_create_function_v2(
      host, "bygone_recording", 0, SQLITE_UTF8 | SQLITE_INNOCUOUS | SQLITE_DETERMINISTIC, extension.release(),
      tell_name, nullptr, nullptr, [](void* old) { delete static_cast<Extension*>(old); });
  if (status != SQLITE_OK) return fail(ErrorKind::internal, "bygone_sqlite", sqlite3_errmsg(host));
  return {};
}

}  // namespace
}  // namespace bygone::query

// The name SQLite makes of "bygone_sqlite".
extern "C" [[gnu::visibility("default")]] int sqlite3_bygonesqlite_init(sqlite3* host, char** message,
                                                                        const sqlite3_api_routines* api) {
  SQLITE_EXTENSION_INIT2(api);
  const auto loaded = bygone::query::load(host);
  if (loaded) return SQLITE_OK;
  *message = sqlite3_mprintf("%s", loaded.error().message().c_str());
  return SQLITE_ERROR;
}
