#include "query/token_stream.h"

#include <fmt/core.h>
#include <strings.h>

#include <algorithm>

#include "query/suggest.h"
#include "query/text.h"

namespace bygone::query {

Token TokenStream::take() {
  Token token = current();
  if (!at_end()) ++at_;
  wanted_.clear();
  words_wanted_.clear();
  return token;
}

bool TokenStream::is(std::string_view word) const {
  const Token& token = current();
  if (token.kind != TokenKind::word && token.kind != TokenKind::symbol) return false;
  return token.text.size() == word.size() && strncasecmp(token.text.data(), word.data(), word.size()) == 0;
}

bool TokenStream::accept(std::string_view word) {
  if (is(word)) {
    take();
    return true;
  }
  words_wanted_.emplace_back(word);
  note_expected(fmt::format("'{}'", word));
  return false;
}

void TokenStream::note_expected(std::string description) {
  if (std::find(wanted_.begin(), wanted_.end(), description) == wanted_.end())
    wanted_.push_back(std::move(description));
}

tl::unexpected<Error> TokenStream::expected(std::string description) {
  note_expected(std::move(description));
  return unexpected();
}

tl::unexpected<Error> TokenStream::unexpected() const {
  const Token& token = current();
  const std::string wanted = wanted_.empty() ? "the end" : alternatives(wanted_);
  if (token.kind == TokenKind::end)
    return bad_phrase(phrase_,
                      fmt::format("it ends too early: expected {} at character {}", wanted, token.column));
  return complain(
      fmt::format("expected {} at character {}, found '{}'", wanted, token.column, table_text(token.text)),
      did_you_mean(token.text, words_wanted_));
}

tl::unexpected<Error> TokenStream::complain(std::string cause, std::string mend) const {
  return bad_phrase(phrase_, std::move(cause), std::move(mend));
}

}  // namespace bygone::query
