#include "cli/command_words.h"

#include <algorithm>

#include "query/phrase.h"

namespace bygone::cli {
namespace {

// CLI11 tells the members of a set at the end of the type's name: "FORMAT:{csv,json}".
std::vector<std::string> values_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const size_t begin = type.find('{');
  const size_t end = type.rfind('}');
  std::vector<std::string> values;
  if (begin == std::string::npos || end == std::string::npos) return values;
  for (size_t at = begin + 1; at < end;) {
    const size_t comma = std::min(type.find(',', at), end);
    values.push_back(type.substr(at, comma - at));
    at = comma + 1;
  }
  return values;
}

OptionWords words_of(const CLI::Option& option) {
  OptionWords words;
  if (!option.get_lnames().empty()) words.long_name = "--" + option.get_lnames().front();
  if (!option.get_snames().empty()) words.short_name = "-" + option.get_snames().front();
  words.description = option.get_description();
  words.takes_value = option.get_expected_max() > 0;
  words.values = values_of(option);
  return words;
}

Operand operand_of(const std::string& command) {
  if (command == "record") return Operand::program;
  if (command == "query") return Operand::recording_and_phrase;
  if (command == "completion") return Operand::word;
  for (const char* other : {"ls", "gc", "serve", "status"})
    if (command == other) return Operand::nothing;
  return Operand::recording;
}

std::vector<std::string> first_words_of_phrases() {
  std::vector<std::string> words;
  for (const query::PhraseHelp& phrase : query::phrase_help()) {
    std::string word(phrase.form.substr(0, phrase.form.find(' ')));
    // "first|last event"
    for (size_t bar; (bar = word.find('|')) != std::string::npos; word.erase(0, bar + 1))
      words.push_back(word.substr(0, bar));
    words.push_back(word);
  }
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

CommandWords words_of(const CLI::App& command) {
  CommandWords words{command.get_name(), command.get_description(), {}, operand_of(command.get_name()), {}};
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_positional() && words.operand == Operand::word) words.words = values_of(*option);
    if (option->nonpositional()) words.options.push_back(words_of(*option));
  }
  if (words.operand == Operand::recording_and_phrase) words.words = first_words_of_phrases();
  return words;
}

}  // namespace

std::vector<CommandWords> command_words(const CLI::App& root) {
  std::vector<CommandWords> commands;
  for (const CLI::App* command : root.get_subcommands(nullptr)) commands.push_back(words_of(*command));
  return commands;
}

std::string joined_words(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

}  // namespace bygone::cli
