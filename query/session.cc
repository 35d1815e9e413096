#include "query/session.h"

#include <fmt/core.h>
#include <sqlite3.h>

#include "query/machine_rows.h"
#include "query/mapping_rows.h"
#include "query/recording_rows.h"
#include "query/scalar_functions.h"
#include "query/select.h"
#include "query/sqlite_cells.h"
#include "query/views.h"

namespace bygone::query {
namespace {

constexpr std::pair<int, int> kLimits[] = {
    {SQLITE_LIMIT_LENGTH, 256 << 20},
    {SQLITE_LIMIT_SQL_LENGTH, 1 << 20},
    {SQLITE_LIMIT_COLUMN, 500},
    {SQLITE_LIMIT_EXPR_DEPTH, 500},
    {SQLITE_LIMIT_COMPOUND_SELECT, 100},
    {SQLITE_LIMIT_FUNCTION_ARG, 100},
    {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 10'000},
    {SQLITE_LIMIT_ATTACHED, 0},
    {SQLITE_LIMIT_WORKER_THREADS, 0},
};

// How people look around; as PRAGMA x and as FROM pragma_x.
constexpr const char* kReadingPragmas[] = {"table_info", "table_xinfo",   "table_list",  "index_list",
                                           "index_info", "function_list", "module_list", "data_version"};

// Reading, and nothing else.
int authorize(void* state, int action, const char* first, const char* second, const char*, const char*) {
  const auto& functions = *static_cast<const RowFunctionState*>(state);
  if (!functions.asking || functions.running) return SQLITE_OK;
  const auto is = [](const char* text, std::string_view wanted) { return text != nullptr && wanted == text; };
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
      return SQLITE_OK;
    case SQLITE_FUNCTION:
      // The one runs code, the other tells addresses of this process.
      return is(second, "load_extension") || is(second, "fts3_tokenizer") ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_PRAGMA:
      for (const char* allowed : kReadingPragmas)
        if (is(first, allowed)) return SQLITE_OK;
      return SQLITE_DENY;
    default:
      return SQLITE_DENY;
  }
}

}  // namespace

// The authorizer is at work while a question is compiled or runs: SQLite compiles again when it sees fit. It
// stands all the time, since to change it has SQLite compile every statement anew.
class Session::Guard {
 public:
  explicit Guard(Session& session)
      : functions_(session.functions_), before_(std::exchange(functions_.asking, true)) {
    functions_.error.reset();
  }
  ~Guard() { functions_.asking = before_; }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

 private:
  RowFunctionState& functions_;
  bool before_;
};

void Session::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Session::~Session() {
  sqlite3_set_authorizer(recording_.connection(), nullptr, nullptr);
}

Expected<std::unique_ptr<Session>> Session::open(RecordingReader& recording, Machine* machine) {
  std::unique_ptr<Session> session(new Session(recording));
  sqlite3* connection = recording.connection();
  for (const auto& [limit, value] : kLimits) sqlite3_limit(connection, limit, value);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  BYGONE_ASSIGN(session->call_names_, CallNames::read(recording));
  BYGONE_TRY(session->define_functions(machine));
  BYGONE_TRY(session->define_views());
  sqlite3_set_authorizer(connection, authorize, &session->functions_);
  return session;
}

Expected<void> Session::define_functions(Machine* machine) {
  sqlite3* connection = recording_.connection();
  BYGONE_TRY(register_scalar_functions(connection, call_names_));
  for (RowFunction& function : mapping_functions(recording_))
    BYGONE_TRY(register_row_function(connection, std::move(function), functions_));
  for (RowFunction& function : recording_functions(recording_))
    BYGONE_TRY(register_row_function(connection, std::move(function), functions_));
  for (RowFunction& function : machine_functions(machine))
    BYGONE_TRY(register_row_function(connection, std::move(function), functions_));
  // Named once, before the authorizer stands (see register_row_function).
  for (const char* pragma : kReadingPragmas)
    static_cast<void>(select_rows(connection, fmt::format("SELECT 1 FROM pragma_{} LIMIT 0", pragma)));
  return {};
}

// Temporary views live in memory, but count as writing: the reader's own bolt is drawn back for them.
Expected<void> Session::define_views() {
  sqlite3* connection = recording_.connection();
  BYGONE_ASSIGN(const int64_t query_only, select_number(connection, "PRAGMA query_only", 0));
  sqlite3_exec(connection, "PRAGMA query_only = 0", nullptr, nullptr, nullptr);
  const auto defined = create_views();
  if (query_only != 0) sqlite3_exec(connection, "PRAGMA query_only = 1", nullptr, nullptr, nullptr);
  return defined;
}

Expected<void> Session::create_views() {
  for (const View& view : views()) {
    const std::string sql = fmt::format("CREATE TEMP VIEW IF NOT EXISTS {} AS {}", view.name, view.select);
    if (sqlite3_exec(recording_.connection(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
      return fail(ErrorKind::internal, fmt::format("view {}", view.name),
                  sqlite3_errmsg(recording_.connection()));
  }
  return {};
}

Error Session::error_of(int status, std::string_view sql) {
  if (functions_.error) return *std::exchange(functions_.error, std::nullopt);
  const std::string cause = sqlite3_errmsg(recording_.connection());
  switch (status & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
      return {ErrorKind::bad_data, recording_.name(), cause, "`bygone verify` says what is left of it"};
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
      return {ErrorKind::unavailable, recording_.name(), fmt::format("the answer is too big: {}", cause),
              "narrow the question"};
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_BUSY:
    case SQLITE_FULL:
      return {ErrorKind::io, recording_.name(), cause, {}};
    case SQLITE_AUTH:
    case SQLITE_READONLY:
      return {ErrorKind::usage, "SQL", fmt::format("{}: recordings can only be read", cause), "use SELECT"};
    case SQLITE_INTERRUPT:
      return {ErrorKind::unavailable, recording_.name(), "interrupted", {}};
    default:
      break;
  }
  const int offset = sqlite3_error_offset(recording_.connection());
  const std::string where = offset >= 0 && size_t(offset) <= sql.size()
                                ? fmt::format(" at character {}", offset + 1)
                                : std::string();
  return {ErrorKind::usage, "SQL", cause + where, "`bygone sql --help` lists the tables and functions"};
}

Expected<Session::Statement> Session::prepare(const std::string& sql) {
  sqlite3_stmt* raw = nullptr;
  const char* rest = nullptr;
  if (sql.size() > size_t(1) << 20) return fail(ErrorKind::usage, "SQL", "is longer than 1 MB");
  const int status =
      sqlite3_prepare_v2(recording_.connection(), sql.c_str(), int(sql.size() + 1), &raw, &rest);
  Statement statement(raw);
  if (status != SQLITE_OK) return tl::unexpected(error_of(status, sql));
  if (!statement) return fail(ErrorKind::usage, "SQL", "is empty", "write a SELECT");
  if (std::string_view(rest).find_first_not_of(" \t\r\n;") != std::string_view::npos)
    return fail(ErrorKind::usage, "SQL", "holds more than one statement", "ask one at a time");
  if (sqlite3_bind_parameter_count(raw) != 0)
    return fail(ErrorKind::usage, "SQL", "has parameters (?, :name) and nobody gives them values",
                "write the values");
  return statement;
}

Expected<void> Session::for_each_row(const std::string& sql,
                                     const std::function<Expected<bool>(std::span<const Cell>)>& visit,
                                     const std::function<Expected<void>(const ResultHeader&)>& begin) {
  const Guard guard(*this);
  BYGONE_ASSIGN(const Statement statement, prepare(sql));
  const int columns = sqlite3_column_count(statement.get());
  // The first step comes before the header: a question that fails at once prints nothing.
  int status = sqlite3_step(statement.get());
  if (status != SQLITE_ROW && status != SQLITE_DONE) return tl::unexpected(error_of(status, sql));
  ResultHeader header;
  for (int i = 0; i < columns; ++i) {
    const char* name = sqlite3_column_name(statement.get(), i);
    header.columns.emplace_back(name == nullptr ? "" : name);
  }
  BYGONE_TRY(begin(header));
  Row row(static_cast<size_t>(columns));
  while (status == SQLITE_ROW) {
    for (int i = 0; i < columns; ++i) assign_cell(row[size_t(i)], sqlite3_column_value(statement.get(), i));
    BYGONE_ASSIGN(const bool go_on, visit(row));
    if (!go_on) return {};
    status = sqlite3_step(statement.get());
  }
  if (status != SQLITE_DONE) return tl::unexpected(error_of(status, sql));
  return {};
}

Expected<void> Session::run(const std::string& sql, Shape shape, std::optional<uint64_t> limit,
                            RowWriter& writer) {
  uint64_t shown = 0;
  const auto visit = [&](std::span<const Cell> cells) -> Expected<bool> {
    if (limit && shown == *limit) return false;
    BYGONE_TRY(writer.row(cells));
    ++shown;
    return true;
  };
  const auto begin = [&](ResultHeader header) {
    header.shape = shape;
    return writer.begin(header);
  };
  BYGONE_TRY(for_each_row(sql, visit, begin));
  return writer.end();
}

Expected<std::vector<std::string>> Session::query_plan(const std::string& sql) {
  std::vector<std::string> lines;
  const auto visit = [&](std::span<const Cell> cells) -> Expected<bool> {
    if (cells.size() == 4)
      if (const auto* text = std::get_if<std::string>(&cells[3])) lines.push_back(*text);
    return true;
  };
  BYGONE_TRY(
      for_each_row("EXPLAIN QUERY PLAN " + sql, visit, [](const ResultHeader&) { return Expected<void>{}; }));
  return lines;
}

Expected<std::optional<int64_t>> Session::number(const std::string& sql) {
  std::optional<int64_t> result;
  const auto visit = [&](std::span<const Cell> cells) -> Expected<bool> {
    if (const auto* integer = std::get_if<int64_t>(&cells[0])) result = *integer;
    return false;
  };
  BYGONE_TRY(for_each_row(sql, visit, [](const ResultHeader&) { return Expected<void>{}; }));
  return result;
}

}  // namespace bygone::query
