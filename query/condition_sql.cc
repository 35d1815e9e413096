#include <fmt/core.h>

#include <algorithm>

#include "query/names.h"
#include "query/numbers.h"
#include "query/plan.h"
#include "query/suggest.h"
#include "query/text.h"
#include "schema/enum_names.h"

namespace bygone::query {
namespace {

// Frames whose call is a system call's number, and those of them that return -errno (schema/rows.h).
constexpr std::string_view kIsCall = "kind_number IN (1, 2, 3, 4)";
constexpr std::string_view kFailed = "(kind_number IN (1, 3, 4) AND result BETWEEN -4095 AND -1)";
constexpr std::string_view kIsSignal = "kind_number IN (6, 7)";

std::string_view symbol(Comparison comparison) {
  switch (comparison) {
    case Comparison::equal:
      return "=";
    case Comparison::unequal:
      return "<>";
    case Comparison::less:
      return "<";
    case Comparison::less_equal:
      return "<=";
    case Comparison::greater:
      return ">";
    case Comparison::greater_equal:
      return ">=";
    case Comparison::matches:
      break;
  }
  return "GLOB";
}

class TestSql {
 public:
  TestSql(const Test& test, std::string_view phrase, const CallNames& names)
      : test_(test), phrase_(phrase), names_(names) {}

  Expected<std::string> run() {
    switch (test_.field) {
      case FrameField::event:
        return numeric(
            "event", [](const std::string& text) { return parse_integer(text); }, "an event number");
      case FrameField::task:
        return numeric(
            "task", [](const std::string& text) { return parse_integer(text); }, "a task id");
      case FrameField::process:
        return process();
      case FrameField::kind:
        return kind();
      case FrameField::call:
        return call();
      case FrameField::result:
        return numeric("result", result_number, "a number or an error name such as ENOENT");
      case FrameField::error:
        return error();
      case FrameField::signal:
        return signal();
      case FrameField::time:
        return numeric(
            "time_ns", [](const std::string& text) { return parse_duration(text); },
            "a time such as 1.5s or 20ms");
    }
    return fail(ErrorKind::internal, "phrase", "a field without a meaning");
  }

 private:
  tl::unexpected<Error> bad_value(const Token& token, std::string wanted, std::string mend = {}) const {
    return bad_phrase(
        phrase_,
        fmt::format("expected {} at character {}, found '{}'", wanted, token.column, table_text(token.text)),
        std::move(mend));
  }

  static std::optional<int64_t> result_number(const std::string& text) {
    if (const auto number = parse_integer(text)) return number;
    if (const auto number = errno_number(text)) return -*number;
    return std::nullopt;
  }

  // "column = 1" or "column IN (1, 2)".
  template <class Parse>
  Expected<std::string> numeric(std::string_view column, Parse parse, std::string wanted) {
    if (test_.comparison == Comparison::matches) return only_equality("numbers have no pattern");
    std::string list;
    for (const Token& token : test_.values) {
      const auto value = parse(token.text);
      if (!value) return bad_value(token, std::move(wanted));
      list += fmt::format("{}{}", list.empty() ? "" : ", ", *value);
    }
    if (test_.values.size() == 1) return fmt::format("{} {} {}", column, symbol(test_.comparison), list);
    return fmt::format("{} IN ({})", column, list);
  }

  tl::unexpected<Error> only_equality(std::string why) {
    return bad_phrase(phrase_, fmt::format("{} at character {}", why, test_.values.front().column),
                      "compare with =, != or in (...)");
  }

  bool equality() const {
    return test_.comparison == Comparison::equal || test_.comparison == Comparison::unequal;
  }

  std::string membership(std::string_view among, std::string_view column, const std::string& list) const {
    const std::string_view negation = test_.comparison == Comparison::unequal ? "NOT " : "";
    if (among.empty()) return fmt::format("{} {}IN ({})", column, negation, list);
    return fmt::format("({} AND {} {}IN ({}))", among, column, negation, list);
  }

  // Every value through `number_of`, joined by commas.
  template <class NumberOf>
  Expected<std::string> numbers(NumberOf number_of) {
    std::string list;
    for (const Token& token : test_.values) {
      BYGONE_ASSIGN(const int64_t number, number_of(token));
      list += fmt::format("{}{}", list.empty() ? "" : ", ", number);
    }
    return list;
  }

  Expected<std::string> process() {
    if (!equality()) return only_equality("processes have no order");
    BYGONE_ASSIGN(const std::string list, numbers([this](const Token& token) -> Expected<int64_t> {
                    if (const auto number = parse_integer(token.text)) return *number;
                    return bad_value(token, "a process id");
                  }));
    return membership({}, "task", fmt::format("SELECT tid FROM tasks WHERE tgid IN ({})", list));
  }

  Expected<std::string> kind() {
    if (!equality()) return only_equality("kinds of frames have no order");
    BYGONE_ASSIGN(const std::string list, numbers([this](const Token& token) -> Expected<int64_t> {
                    if (const auto kind = enum_value<FrameKind>(token.text)) return int64_t(*kind);
                    std::vector<std::string> known;
                    for (const auto& [value, name] : EnumNames<FrameKind>::names) known.emplace_back(name);
                    const std::string guess = did_you_mean(token.text, known);
                    return bad_value(token, "a kind of frame",
                                     guess.empty() ? "kinds are " + alternatives(known) : guess);
                  }));
    return membership({}, "kind_number", list);
  }

  Expected<std::string> call() {
    if (test_.comparison == Comparison::matches) {
      std::string list;
      for (const int64_t number : names_.matching(test_.values.front().text))
        list += fmt::format("{}{}", list.empty() ? "" : ", ", number);
      return fmt::format("({} AND call_number IN ({}))", kIsCall, list);
    }
    if (!equality()) return only_equality("calls have no order");
    BYGONE_ASSIGN(const std::string list, numbers([&](const Token& token) -> Expected<int64_t> {
                    if (const auto number = names_.number(token.text)) return *number;
                    return bad_value(token, "a system call", did_you_mean(token.text, names_.all()));
                  }));
    return membership(kIsCall, "call_number", list);
  }

  Expected<std::string> error() {
    if (!equality()) return only_equality("errors have no order");
    BYGONE_ASSIGN(const std::string list, numbers([this](const Token& token) -> Expected<int64_t> {
                    if (const auto number = errno_number(token.text)) return -*number;
                    if (const auto number = parse_integer(token.text); number && *number > 0) return -*number;
                    std::vector<std::string> known;
                    for (int i = 1; i < 134; ++i) known.push_back(errno_text(i));
                    return bad_value(token, "an error such as ENOENT", did_you_mean(token.text, known));
                  }));
    return membership(kFailed, "result", list);
  }

  Expected<std::string> signal() {
    if (!equality()) return only_equality("signals have no order");
    BYGONE_ASSIGN(const std::string list, numbers([this](const Token& token) -> Expected<int64_t> {
                    if (const auto number = signal_number(token.text)) return *number;
                    if (const auto number = parse_integer(token.text)) return *number;
                    std::vector<std::string> known;
                    for (int i = 1; i < 32; ++i) known.push_back(signal_text(i));
                    return bad_value(token, "a signal such as SIGSEGV", did_you_mean(token.text, known));
                  }));
    return membership(kIsSignal, "call_number", list);
  }

  const Test& test_;
  const std::string_view phrase_;
  const CallNames& names_;
};

}  // namespace

Expected<std::string> sql_for(const Condition& condition, std::string_view phrase, const CallNames& names) {
  switch (condition.kind) {
    case Condition::Kind::test:
      return TestSql(condition.test, phrase, names).run();
    case Condition::Kind::failed:
      return std::string(kFailed);
    case Condition::Kind::none_of: {
      BYGONE_ASSIGN(const std::string inner, sql_for(condition.parts.front(), phrase, names));
      // A test on a NULL is neither true nor false; "not" means the rest of the frames.
      return fmt::format("NOT coalesce({}, 0)", inner);
    }
    case Condition::Kind::all_of:
    case Condition::Kind::any_of:
      break;
  }
  const std::string_view joint = condition.kind == Condition::Kind::all_of ? " AND " : " OR ";
  std::string sql;
  for (const Condition& part : condition.parts) {
    BYGONE_ASSIGN(const std::string inner, sql_for(part, phrase, names));
    if (!sql.empty()) sql += joint;
    sql += inner;
  }
  return "(" + sql + ")";
}

}  // namespace bygone::query
