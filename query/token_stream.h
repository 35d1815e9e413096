#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "query/lexer.h"

namespace bygone::query {

// The tokens of a phrase with a memory for what was looked for at the current one, so that a complaint can
// name all of it.
class TokenStream {
 public:
  TokenStream(std::string_view phrase, std::vector<Token> tokens)
      : phrase_(phrase), tokens_(std::move(tokens)) {}

  std::string_view phrase() const { return phrase_; }
  const Token& current() const { return tokens_[at_]; }
  bool at_end() const { return current().kind == TokenKind::end; }
  Token take();

  // Takes the current token if it is that word (in any case) or symbol.
  bool accept(std::string_view word);
  // Without taking it.
  bool is(std::string_view word) const;
  // "and then one of these would have fitted": adds to what the next complaint names.
  void note_expected(std::string description);

  // Complaints about the current token.
  tl::unexpected<Error> expected(std::string description);
  tl::unexpected<Error> unexpected() const;
  tl::unexpected<Error> complain(std::string cause, std::string mend = {}) const;

 private:
  std::string_view phrase_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
  std::vector<std::string> words_wanted_;  // bare, for suggestions
  std::vector<std::string> wanted_;        // as shown
};

}  // namespace bygone::query
