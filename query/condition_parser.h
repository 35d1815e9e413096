#pragma once

#include "query/phrase.h"
#include "query/token_stream.h"

namespace bygone::query {

// What follows "where": tests joined by and, or, not and parentheses.
Expected<Condition> parse_condition(TokenStream& tokens);

}  // namespace bygone::query
