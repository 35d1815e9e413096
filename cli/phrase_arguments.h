#pragma once

#include <string>
#include <vector>

#include "schema/error.h"

namespace bygone::cli {

// What `bygone query` was asked, and of which recording ("" for the latest).
struct PhraseArguments {
  std::string recording;
  std::string phrase;
};

// One argument is the phrase, two are recording and phrase. Phrases may also come unquoted, as many
// arguments.
Expected<PhraseArguments> phrase_arguments(const std::vector<std::string>& words);

}  // namespace bygone::cli
