#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "schema/error.h"

namespace bygone::query {

enum class TokenKind {
  word,    // letters, digits, _ and the wildcards * and ?: mappings, openat, open*
  number,  // begins with a digit and is not read any further here: 120, 0x7f00, 7f00ab, 1.5s, 4K, 1_000
  path,    // begins with / or ~ and ends at white space
  text,    // between quotes, without them
  symbol,  // .. = != < <= > >= ~ ( ) , -
  end,
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::string text;
  size_t column = 1;  // of its first character, counted from 1
};

// Splits a phrase; the last token is always `end`. Fails on a quote that is never closed and on characters no
// phrase has.
Expected<std::vector<Token>> tokenize(std::string_view phrase);

// Every complaint about a phrase: "phrase 'x': expected ... at character 5".
tl::unexpected<Error> bad_phrase(std::string_view phrase, std::string cause, std::string mend = {});

}  // namespace bygone::query
