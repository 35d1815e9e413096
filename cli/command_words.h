#pragma once

// What can be typed, read off the commands themselves: completions say what the help says.

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace bygone::cli {

struct OptionWords {
  std::string long_name;   // "--format"; empty for none
  std::string short_name;  // "-f"; empty for none
  std::string description;
  bool takes_value = false;
  std::vector<std::string> values;  // if only these will do
};

// What a command takes besides options.
enum class Operand { nothing, program, recording, recording_and_phrase, word };

struct CommandWords {
  std::string name;
  std::string description;
  std::vector<OptionWords> options;
  Operand operand = Operand::nothing;
  std::vector<std::string> words;  // of Operand::word, or the first words of phrases
};

std::vector<CommandWords> command_words(const CLI::App& root);

std::string bash_completion(const std::vector<CommandWords>& commands);
std::string zsh_completion(const std::vector<CommandWords>& commands);
std::string fish_completion(const std::vector<CommandWords>& commands);

// The help texts, command by command, as a man page.
std::string man_page(const CLI::App& root);

// Joined by blanks.
std::string joined_words(const std::vector<std::string>& words);

}  // namespace bygone::cli
