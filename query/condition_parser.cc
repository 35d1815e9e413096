#include "query/condition_parser.h"

#include <fmt/core.h>

#include <utility>

namespace bygone::query {
namespace {

constexpr int kDeepest = 100;

constexpr std::pair<std::string_view, FrameField> kFields[] = {
    {"event", FrameField::event}, {"task", FrameField::task},     {"process", FrameField::process},
    {"kind", FrameField::kind},   {"call", FrameField::call},     {"result", FrameField::result},
    {"error", FrameField::error}, {"signal", FrameField::signal}, {"time", FrameField::time}};

constexpr std::pair<std::string_view, Comparison> kComparisons[] = {
    {"=", Comparison::equal},          {"==", Comparison::equal},      {"!=", Comparison::unequal},
    {"<>", Comparison::unequal},       {"<=", Comparison::less_equal}, {"<", Comparison::less},
    {">=", Comparison::greater_equal}, {">", Comparison::greater},     {"~", Comparison::matches}};

class ConditionParser {
 public:
  explicit ConditionParser(TokenStream& tokens) : tokens_(tokens) {}

  Expected<Condition> any_of(int depth) {
    return joined("or", Condition::Kind::any_of, [&] { return all_of(depth); });
  }

 private:
  Expected<Condition> all_of(int depth) {
    return joined("and", Condition::Kind::all_of, [&] { return single(depth); });
  }

  template <class ParsePart>
  Expected<Condition> joined(std::string_view word, Condition::Kind kind, ParsePart parse_part) {
    BYGONE_ASSIGN(Condition first, parse_part());
    if (!tokens_.accept(word)) return first;
    Condition whole{kind, {}, {}};
    whole.parts.push_back(std::move(first));
    do {
      BYGONE_ASSIGN(Condition next, parse_part());
      whole.parts.push_back(std::move(next));
    } while (tokens_.accept(word));
    return whole;
  }

  Expected<Condition> single(int depth) {
    if (depth > kDeepest)
      return tokens_.complain(fmt::format("it is nested deeper than {} levels", kDeepest));
    if (tokens_.accept("not")) {
      BYGONE_ASSIGN(Condition part, single(depth + 1));
      Condition whole{Condition::Kind::none_of, {}, {}};
      whole.parts.push_back(std::move(part));
      return whole;
    }
    if (tokens_.accept("(")) {
      BYGONE_ASSIGN(Condition inner, any_of(depth + 1));
      if (!tokens_.accept(")")) return tokens_.unexpected();
      return inner;
    }
    if (tokens_.accept("failed")) return Condition{Condition::Kind::failed, {}, {}};
    BYGONE_ASSIGN(Test test, parse_test());
    return Condition{Condition::Kind::test, std::move(test), {}};
  }

  Expected<Test> parse_test() {
    Test test;
    BYGONE_ASSIGN(test.field, field());
    if (tokens_.accept("in")) {
      if (!tokens_.accept("(")) return tokens_.unexpected();
      do {
        BYGONE_ASSIGN(Token one, value());
        test.values.push_back(std::move(one));
      } while (tokens_.accept(","));
      if (!tokens_.accept(")")) return tokens_.unexpected();
      return test;
    }
    BYGONE_ASSIGN(test.comparison, comparison());
    BYGONE_ASSIGN(Token only, value());
    test.values.push_back(std::move(only));
    return test;
  }

  Expected<FrameField> field() {
    for (const auto& [name, field] : kFields)
      if (tokens_.accept(name)) return field;
    return tokens_.unexpected();
  }

  Expected<Comparison> comparison() {
    for (const auto& [symbol, comparison] : kComparisons)
      if (tokens_.accept(symbol)) return comparison;
    return tokens_.unexpected();
  }

  Expected<Token> value() {
    const size_t column = tokens_.current().column;
    const bool negative = tokens_.is("-");
    if (negative) tokens_.take();
    const TokenKind kind = tokens_.current().kind;
    const bool fits =
        kind == TokenKind::number || (!negative && (kind == TokenKind::word || kind == TokenKind::text));
    if (!fits) return tokens_.expected(negative ? "a number" : "a value");
    Token token = tokens_.take();
    if (negative) token.text = fmt::format("-{}", token.text);
    token.column = column;
    return token;
  }

  TokenStream& tokens_;
};

}  // namespace

Expected<Condition> parse_condition(TokenStream& tokens) {
  return ConditionParser(tokens).any_of(0);
}

}  // namespace bygone::query
