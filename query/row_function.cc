#include "query/row_function.h"

#include <fmt/core.h>
#include <sqlite3.h>

#include <memory>
#include <new>
#include <utility>

#include "query/sqlite_cells.h"

namespace bygone::query {
namespace {

struct Module {
  RowFunction function;
  RowFunctionState* state;
};

// SQLite's base classes must come first and stay plain.
struct Table {
  sqlite3_vtab base{};
  const Module* module = nullptr;
};
struct Cursor {
  sqlite3_vtab_cursor base{};
  const Module* module = nullptr;
  Row arguments;
  NextRow next;
  Row row;
  sqlite3_int64 row_number = 0;
  bool at_end = false;
};

Cursor* cursor_of(sqlite3_vtab_cursor* base) {
  return reinterpret_cast<Cursor*>(base);
}
const Module* module_of(sqlite3_vtab* base) {
  return reinterpret_cast<Table*>(base)->module;
}

// Exceptions must not cross SQLite's C frames.
template <class Action>
int guarded(Action&& action) {
  try {
    return action();
  } catch (const std::bad_alloc&) {
    return SQLITE_NOMEM;
  } catch (...) {
    return SQLITE_INTERNAL;
  }
}

int connect(sqlite3* connection, void* auxiliary, int, const char* const*, sqlite3_vtab** out, char**) {
  return guarded([&] {
    const auto* module = static_cast<const Module*>(auxiliary);
    std::string sql = "CREATE TABLE x(";
    for (const std::string& column : module->function.columns) sql += fmt::format("\"{}\", ", column);
    for (const std::string& argument : module->function.arguments)
      sql += fmt::format("\"{}\" HIDDEN, ", argument);
    sql.resize(sql.size() - 2);
    if (const int status = sqlite3_declare_vtab(connection, (sql + ")").c_str()); status != SQLITE_OK)
      return status;
    sqlite3_vtab_config(connection, SQLITE_VTAB_INNOCUOUS);
    auto table = std::make_unique<Table>();
    table->module = module;
    *out = &table.release()->base;
    return SQLITE_OK;
  });
}

int disconnect(sqlite3_vtab* base) {
  delete reinterpret_cast<Table*>(base);
  return SQLITE_OK;
}

// Arguments come as equalities on the hidden columns; idxNum has a bit for each one that is given.
int best_index(sqlite3_vtab* base, sqlite3_index_info* info) {
  const RowFunction& function = module_of(base)->function;
  const int first_argument = int(function.columns.size());
  int next = 1;
  for (size_t argument = 0; argument < function.arguments.size(); ++argument) {
    bool unusable = false;
    for (int i = 0; i < info->nConstraint; ++i) {
      const auto& constraint = info->aConstraint[i];
      if (constraint.iColumn != first_argument + int(argument) || constraint.op != SQLITE_INDEX_CONSTRAINT_EQ)
        continue;
      if (constraint.usable == 0) {
        unusable = true;
        continue;
      }
      info->aConstraintUsage[i].argvIndex = next++;
      info->aConstraintUsage[i].omit = 1;
      info->idxNum |= 1 << argument;
      unusable = false;
      break;
    }
    if (unusable) return SQLITE_CONSTRAINT;
    if ((info->idxNum & (1 << argument)) == 0 && argument < function.required_arguments) {
      base->zErrMsg = sqlite3_mprintf("%s() needs its argument %s", function.name.c_str(),
                                      function.arguments[argument].c_str());
      return SQLITE_ERROR;
    }
  }
  info->estimatedCost = 100;
  info->estimatedRows = 100;
  return SQLITE_OK;
}

int open(sqlite3_vtab* base, sqlite3_vtab_cursor** out) {
  return guarded([&] {
    auto cursor = std::make_unique<Cursor>();
    cursor->module = module_of(base);
    *out = &cursor.release()->base;
    return SQLITE_OK;
  });
}

int close(sqlite3_vtab_cursor* base) {
  delete cursor_of(base);
  return SQLITE_OK;
}

// Runs code of a row function: what it compiles is not the question's, and its error is kept.
template <class Action>
auto run_ours(sqlite3_vtab_cursor* base, Action&& action) {
  const Module& module = *cursor_of(base)->module;
  const bool nested = std::exchange(module.state->running, true);
  auto result = action(module.function);
  module.state->running = nested;
  if (!result) {
    sqlite3_free(base->pVtab->zErrMsg);
    base->pVtab->zErrMsg = sqlite3_mprintf("%s", result.error().message().c_str());
    module.state->error = result.error();
  }
  return result;
}

int step(sqlite3_vtab_cursor* base) {
  Cursor* cursor = cursor_of(base);
  const auto more = run_ours(base, [&](const RowFunction&) { return cursor->next(cursor->row); });
  if (!more) return SQLITE_ERROR;
  cursor->at_end = !*more;
  ++cursor->row_number;
  return SQLITE_OK;
}

int filter(sqlite3_vtab_cursor* base, int given, const char*, int, sqlite3_value** values) {
  return guarded([&] {
    Cursor* cursor = cursor_of(base);
    const Module& module = *cursor->module;
    cursor->arguments.assign(module.function.arguments.size(), std::monostate{});
    int next = 0;
    for (size_t argument = 0; argument < cursor->arguments.size(); ++argument)
      if ((given & (1 << argument)) != 0) cursor->arguments[argument] = cell_of(values[next++]);
    auto rows = run_ours(base, [&](const RowFunction& function) -> Expected<NextRow> {
      if (function.stream) return function.stream(cursor->arguments);
      BYGONE_ASSIGN(auto list, function.rows(cursor->arguments));
      return each_of(std::move(list));
    });
    if (!rows) return SQLITE_ERROR;
    cursor->next = std::move(*rows);
    cursor->row_number = 0;
    return step(base);
  });
}

int next(sqlite3_vtab_cursor* base) {
  return guarded([&] { return step(base); });
}

int at_end(sqlite3_vtab_cursor* base) {
  return cursor_of(base)->at_end ? 1 : 0;
}

int column(sqlite3_vtab_cursor* base, sqlite3_context* context, int index) {
  const Cursor* cursor = cursor_of(base);
  const size_t columns = cursor->module->function.columns.size();
  const auto i = size_t(index);
  set_result(context, i < columns ? cursor->row[i] : cursor->arguments[i - columns]);
  return SQLITE_OK;
}

int row_id(sqlite3_vtab_cursor* base, sqlite3_int64* out) {
  *out = cursor_of(base)->row_number;
  return SQLITE_OK;
}

// No xCreate: the functions exist without CREATE VIRTUAL TABLE and cannot be given names in a file.
sqlite3_module make_callbacks() {
  sqlite3_module callbacks{};
  callbacks.xConnect = connect;
  callbacks.xBestIndex = best_index;
  callbacks.xDisconnect = disconnect;
  callbacks.xOpen = open;
  callbacks.xClose = close;
  callbacks.xFilter = filter;
  callbacks.xNext = next;
  callbacks.xEof = at_end;
  callbacks.xColumn = column;
  callbacks.xRowid = row_id;
  return callbacks;
}

}  // namespace

NextRow each_of(std::vector<Row> rows) {
  return [rows = std::move(rows), at = size_t(0)](Row& row) mutable -> Expected<bool> {
    if (at == rows.size()) return false;
    row = std::move(rows[at++]);
    return true;
  };
}

Expected<void> register_row_function(sqlite3* connection, RowFunction function, RowFunctionState& state) {
  static const sqlite3_module kCallbacks = make_callbacks();
  const std::string name = function.name;
  auto* module = new Module{std::move(function), &state};
  const auto destroy = [](void* auxiliary) { delete static_cast<Module*>(auxiliary); };
  // SQLite calls `destroy` on failure too.
  if (sqlite3_create_module_v2(connection, name.c_str(), &kCallbacks, module, destroy) != SQLITE_OK)
    return fail(ErrorKind::internal, fmt::format("function {}", name), sqlite3_errmsg(connection));
  // SQLite connects a function when it is named first, which authorizers for readers forbid: it is named
  // here. That its arguments are missing does not matter.
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(connection, fmt::format("SELECT 1 FROM {}", name).c_str(), -1, &statement, nullptr);
  sqlite3_finalize(statement);
  return {};
}

}  // namespace bygone::query
