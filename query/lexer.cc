#include "query/lexer.h"

#include <fmt/core.h>

#include <cctype>

#include "query/text.h"

namespace bygone::query {
namespace {

constexpr size_t kLongestPhrase = 10'000;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_word_start(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '*';
}
bool is_word(char c) {
  return is_word_start(c) || is_digit(c) || c == '?';
}

// "20 ms" is one number, as "20ms" is. No word of the language is one of these.
bool is_unit_of(const Token& number, const Token& word) {
  if (number.kind != TokenKind::number || word.kind != TokenKind::word) return false;
  for (const std::string_view unit :
       {"ns", "us", "ms", "s",   "sec", "second", "seconds", "m", "min", "minutes",
        "h",  "K",  "KB", "KiB", "M",   "MB",     "MiB",     "G", "GB",  "GiB"})
    if (word.text == unit) return is_digit(number.text.back());
  return false;
}

class Lexer {
 public:
  explicit Lexer(std::string_view phrase) : phrase_(phrase) {}

  Expected<std::vector<Token>> run() {
    std::vector<Token> tokens;
    while (true) {
      while (at_ < phrase_.size() && is_space(phrase_[at_])) ++at_;
      BYGONE_ASSIGN(Token token, next());
      if (!tokens.empty() && is_unit_of(tokens.back(), token)) {
        tokens.back().text += token.text;
        continue;
      }
      tokens.push_back(token);
      if (token.kind == TokenKind::end) return tokens;
    }
  }

 private:
  char peek(size_t ahead = 0) const { return at_ + ahead < phrase_.size() ? phrase_[at_ + ahead] : '\0'; }

  Token take(TokenKind kind, size_t length) {
    Token token{kind, std::string(phrase_.substr(at_, length)), at_ + 1};
    at_ += length;
    return token;
  }

  template <class Belongs>
  Token take_while(TokenKind kind, Belongs belongs) {
    size_t length = 1;
    while (at_ + length < phrase_.size() && belongs(at_ + length)) ++length;
    return take(kind, length);
  }

  Expected<Token> next() {
    if (at_ >= phrase_.size()) return Token{TokenKind::end, "", phrase_.size() + 1};
    const char c = peek();
    if (is_word_start(c)) return take_while(TokenKind::word, [&](size_t i) { return continues_word(i); });
    if (is_digit(c)) return take_while(TokenKind::number, [&](size_t i) { return continues_number(i); });
    if (c == '/') return take_while(TokenKind::path, [&](size_t i) { return !is_space(phrase_[i]); });
    if (c == '\'' || c == '"') return quoted(c);
    return symbol();
  }

  // Dots, dashes and plus signs join parts of names: libc.so.6, ld-linux.so.2
  bool continues_word(size_t i) const {
    if (is_word(phrase_[i])) return true;
    const bool joins = phrase_[i] == '.' || phrase_[i] == '-' || phrase_[i] == '+';
    return joins && i + 1 < phrase_.size() && is_word(phrase_[i + 1]);
  }

  // A dot belongs to a number unless it begins the ".." of a range.
  bool continues_number(size_t i) const {
    const char c = phrase_[i];
    if (c == '.') return i + 1 < phrase_.size() && phrase_[i + 1] != '.' && phrase_[i - 1] != '.';
    if (c == '%') return is_digit(phrase_[i - 1]);
    return is_digit(c) || std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
  }

  Expected<Token> quoted(char quote) {
    const size_t start = at_;
    const size_t close = phrase_.find(quote, start + 1);
    if (close == std::string_view::npos)
      return bad_phrase(phrase_, fmt::format("the quote at character {} is never closed", start + 1));
    at_ = close + 1;
    return Token{TokenKind::text, std::string(phrase_.substr(start + 1, close - start - 1)), start + 1};
  }

  Expected<Token> symbol() {
    for (const std::string_view two : {"..", "==", "!=", "<=", ">=", "<>"})
      if (phrase_.substr(at_, 2) == two) return take(TokenKind::symbol, 2);
    if (std::string_view("=<>~(),-").find(peek()) != std::string_view::npos)
      return take(TokenKind::symbol, 1);
    return bad_phrase(
        phrase_,
        fmt::format("character {} is {}, which no phrase has", at_ + 1, json_string(phrase_.substr(at_, 1))),
        "put names with unusual characters in quotes");
  }

  const std::string_view phrase_;
  size_t at_ = 0;
};

}  // namespace

tl::unexpected<Error> bad_phrase(std::string_view phrase, std::string cause, std::string mend) {
  constexpr size_t kShown = 120;
  std::string shown = table_text(std::string(phrase.substr(0, kShown)));
  if (phrase.size() > kShown) shown += "...";
  return fail(ErrorKind::usage, fmt::format("phrase '{}'", shown), std::move(cause), std::move(mend));
}

Expected<std::vector<Token>> tokenize(std::string_view phrase) {
  if (phrase.size() > kLongestPhrase)
    return bad_phrase(phrase, fmt::format("it has {} characters", phrase.size()),
                      fmt::format("phrases have {} at most", kLongestPhrase));
  return Lexer(phrase).run();
}

}  // namespace bygone::query
