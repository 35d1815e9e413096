#include "cli/phrase_arguments.h"

#include "query/phrase.h"

namespace bygone::cli {
namespace {

std::string joined(const std::vector<std::string>& words, size_t from) {
  std::string text;
  for (size_t i = from; i < words.size(); ++i) text += (i == from ? "" : " ") + words[i];
  return text;
}

}  // namespace

Expected<PhraseArguments> phrase_arguments(const std::vector<std::string>& words) {
  if (words.empty())
    return fail(ErrorKind::usage, "query", "there is no phrase",
                "try `bygone query tasks` or `bygone query --help`");
  if (words.size() == 1) return PhraseArguments{"", words[0]};
  const PhraseArguments of_named{words[0], joined(words, 1)};
  const PhraseArguments of_latest{"", joined(words, 0)};
  const auto named = query::parse_phrase(of_named.phrase);
  const auto latest = query::parse_phrase(of_latest.phrase);
  // "frames 1..5" is a phrase in two arguments, "tasks tasks" asks a recording that is called so.
  return !named && latest ? of_latest : of_named;
}

}  // namespace bygone::cli
