#include "query/scalar_functions.h"

#include <fmt/core.h>
#include <sqlite3.h>

#include "query/flag_names.h"
#include "query/names.h"
#include "query/sqlite_cells.h"
#include "schema/enum_names.h"

namespace bygone::query {
namespace {

Cell text_or_null(std::string_view text) {
  return text.empty() ? Cell{} : Cell{std::string(text)};
}

Cell number_or_null(std::optional<int64_t> number) {
  return number ? Cell{*number} : Cell{};
}

template <class E>
Cell enum_text(int64_t number) {
  return number >= 0 && number <= 255 && is_valid(E(number)) ? Cell{std::string(enum_name(E(number)))}
                                                             : Cell{};
}

bool returns_errno(int64_t kind) {
  return kind == int64_t(FrameKind::syscall) || kind == int64_t(FrameKind::exec) ||
         kind == int64_t(FrameKind::clone);
}

Cell call_text(const CallNames& names, int64_t kind, int64_t call) {
  switch (FrameKind(kind)) {
    case FrameKind::syscall:
    case FrameKind::enter:
    case FrameKind::exec:
    case FrameKind::clone:
      return names.name(call);
    case FrameKind::signal:
    case FrameKind::handler:
      return signal_text(call);
    default:
      return {};
  }
}

using OfNumber = Cell (*)(const CallNames&, int64_t);
using OfText = Cell (*)(const CallNames&, const std::string&);
using OfTwo = Cell (*)(const CallNames&, int64_t, int64_t);

const CallNames& names_of(sqlite3_context* context) {
  return *static_cast<const CallNames*>(sqlite3_user_data(context));
}

// A function as SQLite calls it, from one of ours; exceptions end here.
template <OfNumber function>
void of_number(sqlite3_context* context, int, sqlite3_value** values) try {
  if (sqlite3_value_type(values[0]) == SQLITE_INTEGER)
    set_result(context, function(names_of(context), sqlite3_value_int64(values[0])));
} catch (...) {
  sqlite3_result_error_nomem(context);
}

template <OfText function>
void of_text(sqlite3_context* context, int, sqlite3_value** values) try {
  const Cell cell = cell_of(values[0]);
  if (const auto* text = std::get_if<std::string>(&cell))
    set_result(context, function(names_of(context), *text));
} catch (...) {
  sqlite3_result_error_nomem(context);
}

template <OfTwo function>
void of_two(sqlite3_context* context, int, sqlite3_value** values) try {
  if (sqlite3_value_type(values[0]) == SQLITE_INTEGER && sqlite3_value_type(values[1]) == SQLITE_INTEGER)
    set_result(context,
               function(names_of(context), sqlite3_value_int64(values[0]), sqlite3_value_int64(values[1])));
} catch (...) {
  sqlite3_result_error_nomem(context);
}

Cell flags_or_null(std::string_view set, int64_t number) {
  if (number < 0 || number > UINT32_MAX) return {};
  const auto text = flag_text(set, uint64_t(number));
  return text ? Cell{*text} : Cell{};
}

struct Scalar {
  const char* name;
  int arguments;
  void (*function)(sqlite3_context*, int, sqlite3_value**);
};

constexpr Scalar kScalars[] = {
    {"syscall_name", 1, of_number<[](const CallNames& names, int64_t n) { return Cell{names.name(n)}; }>},
    {"syscall_number", 1, of_text<[](const CallNames& names, const std::string& name) {
       return number_or_null(names.number(name));
     }>},
    {"errno_name", 1, of_number<[](const CallNames&, int64_t n) { return text_or_null(errno_text(n)); }>},
    {"errno_number", 1,
     of_text<[](const CallNames&, const std::string& name) { return number_or_null(errno_number(name)); }>},
    {"signal_name", 1, of_number<[](const CallNames&, int64_t n) { return Cell{signal_text(n)}; }>},
    {"signal_number", 1,
     of_text<[](const CallNames&, const std::string& name) { return number_or_null(signal_number(name)); }>},
    {"wait_status", 1, of_number<[](const CallNames&, int64_t n) { return Cell{status_text(n)}; }>},
    {"address", 1, of_number<[](const CallNames&, int64_t n) { return Cell{hex_text(uint64_t(n))}; }>},
    {"prot", 1, of_number<[](const CallNames&, int64_t n) { return flags_or_null("prot", n); }>},
    {"open_flags", 1, of_number<[](const CallNames&, int64_t n) { return flags_or_null("open", n); }>},
    {"map_flags", 1,
     of_number<[](const CallNames&, int64_t n) { return Cell{mapping_flags_text(uint32_t(n))}; }>},
    {"frame_kind", 1, of_number<[](const CallNames&, int64_t n) { return enum_text<FrameKind>(n); }>},
    {"mapping_kind", 1, of_number<[](const CallNames&, int64_t n) { return enum_text<MappingKind>(n); }>},
    {"signal_position", 1,
     of_number<[](const CallNames&, int64_t n) { return enum_text<SignalPosition>(n); }>},
    {"signal_action", 1, of_number<[](const CallNames&, int64_t n) { return enum_text<SignalAction>(n); }>},
    {"frame_call", 2,
     of_two<[](const CallNames& names, int64_t kind, int64_t call) { return call_text(names, kind, call); }>},
    {"frame_error", 2, of_two<[](const CallNames&, int64_t kind, int64_t result) {
       return returns_errno(kind) && is_error_result(result) ? text_or_null(errno_text(-result)) : Cell{};
     }>},
};

}  // namespace

Expected<void> register_scalar_functions(sqlite3* connection, const CallNames& names) {
  for (const Scalar& scalar : kScalars) {
    // SQLite does not write to its user data.
    auto* data = const_cast<CallNames*>(&names);
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    if (sqlite3_create_function_v2(connection, scalar.name, scalar.arguments, flags, data, scalar.function,
                                   nullptr, nullptr, nullptr) != SQLITE_OK)
      return fail(ErrorKind::internal, fmt::format("function {}", scalar.name), sqlite3_errmsg(connection));
  }
  return {};
}

}  // namespace bygone::query
