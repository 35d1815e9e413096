#include <fmt/core.h>

#include "cli/command_words.h"

namespace bygone::cli {
namespace {

// Recordings are asked for at the moment of completion.
constexpr const char* kRecordings = "bygone ls --format csv 2>/dev/null | tail -n +2 | cut -d, -f1";

std::string with_escapes(const std::string& text, std::string_view special, const std::string& before) {
  std::string escaped;
  for (const char c : text)
    escaped += special.find(c) != std::string_view::npos ? before + c : std::string(1, c);
  return escaped;
}

// Between single quotes of a POSIX shell a quote ends them, comes bare and begins them anew.
std::string shell_quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

std::string fish_quoted(const std::string& text) {
  return "'" + with_escapes(text, "'\\", "\\") + "'";
}

std::string names_of(const OptionWords& option, const char* between) {
  const bool both = !option.long_name.empty() && !option.short_name.empty();
  return option.short_name + (both ? between : "") + option.long_name;
}

std::string bash_case(const CommandWords& command) {
  std::vector<std::string> options;
  std::string values;
  for (const OptionWords& option : command.options) {
    if (!option.long_name.empty()) options.push_back(option.long_name);
    if (option.takes_value)
      values += fmt::format("        {}) values='{}' takes=value ;;\n", names_of(option, "|"),
                            joined_words(option.values));
  }
  const bool asks = command.operand == Operand::recording || command.operand == Operand::recording_and_phrase;
  return fmt::format(
      "    {})\n      options='{}' words='{}' recordings={} programs={}\n      case $previous in\n{}      "
      "esac "
      ";;\n",
      command.name, joined_words(options), joined_words(command.words), asks ? "yes" : "",
      command.operand == Operand::program ? "yes" : "", values);
}

std::string zsh_option(const OptionWords& option) {
  const std::string about = with_escapes(option.description, "[]", "\\");
  std::string value;
  if (option.takes_value)
    value = option.values.empty() ? ":value:_files" : ":value:(" + joined_words(option.values) + ")";
  if (option.long_name.empty() || option.short_name.empty())
    return shell_quoted(names_of(option, "") + "[" + about + "]" + value);
  return fmt::format("'({0} {1})'{{{0},{1}}}{2}", option.short_name, option.long_name,
                     shell_quoted("[" + about + "]" + value));
}

std::string zsh_case(const CommandWords& command) {
  std::string text = fmt::format("        {})\n          _arguments", command.name);
  for (const OptionWords& option : command.options) text += " \\\n            " + zsh_option(option);
  switch (command.operand) {
    case Operand::program:
      text += " \\\n            '*:::program:_normal'";
      break;
    case Operand::recording:
      text += " \\\n            '*:recording:_bygone_recordings'";
      break;
    case Operand::recording_and_phrase:
      text += fmt::format(
          " \\\n            '1: : _alternative \"r:recording:_bygone_recordings\" "
          "\"p:phrase:({0})\"' \\\n            '*:phrase:({0})'",
          joined_words(command.words));
      break;
    case Operand::word:
      text += fmt::format(" \\\n            '1:word:({})'", joined_words(command.words));
      break;
    case Operand::nothing:
      break;
  }
  return text + " ;;\n";
}

std::string fish_lines(const CommandWords& command) {
  const std::string here = fmt::format("complete -c bygone -n '__bygone_in {}'", command.name);
  std::string text = fmt::format("complete -c bygone -n '__bygone_in none' -a {} -d {}\n", command.name,
                                 fish_quoted(command.description));
  for (const OptionWords& option : command.options) {
    text += here;
    if (!option.long_name.empty()) text += " -l " + option.long_name.substr(2);
    if (!option.short_name.empty()) text += " -s " + option.short_name.substr(1);
    if (option.takes_value)
      text += option.values.empty() ? " -r -F" : " -x -a '" + joined_words(option.values) + "'";
    text += " -d " + fish_quoted(option.description) + "\n";
  }
  if (!command.words.empty()) text += fmt::format("{} -a '{}'\n", here, joined_words(command.words));
  if (command.operand == Operand::recording || command.operand == Operand::recording_and_phrase)
    text += fmt::format("{} -F -a '({})' -d recording\n", here, kRecordings);
  if (command.operand == Operand::program)
    text += fmt::format("{} -F -a '(__fish_complete_command)'\n", here);
  return text;
}

}  // namespace

std::string bash_completion(const std::vector<CommandWords>& commands) {
  std::vector<std::string> names;
  std::string cases;
  for (const CommandWords& command : commands) {
    names.push_back(command.name);
    cases += bash_case(command);
  }
  return fmt::format(R"bash(_bygone() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}}
  local command= options= words= values= takes= recordings= programs= i
  for ((i = 1; i < COMP_CWORD; ++i)); do
    case ${{COMP_WORDS[i]}} in
      --store) ((++i)) ;;
      -*) ;;
      *) command=${{COMP_WORDS[i]}}; break ;;
    esac
  done
  if [[ -z $command ]]; then
    if [[ $previous == --store ]]; then
      COMPREPLY=($(compgen -d -- "$word"))
    else
      COMPREPLY=($(compgen -W '{} --help --version --store' -- "$word"))
    fi
    return
  fi
  case $command in
{}  esac
  if [[ -n $takes ]]; then
    if [[ -n $values ]]; then
      COMPREPLY=($(compgen -W "$values" -- "$word"))
    else
      COMPREPLY=($(compgen -f -- "$word"))
    fi
  elif [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$word"))
  elif [[ -n $programs ]]; then
    COMPREPLY=($(compgen -c -f -- "$word"))
  elif [[ -n $recordings ]]; then
    COMPREPLY=($(compgen -W "$words $({})" -f -- "$word"))
  else
    COMPREPLY=($(compgen -W "$words" -- "$word"))
  fi
}}
complete -F _bygone bygone
)bash",
                     joined_words(names), cases, kRecordings);
}

std::string zsh_completion(const std::vector<CommandWords>& commands) {
  std::string names;
  std::string cases;
  for (const CommandWords& command : commands) {
    names += fmt::format("    {}\n", shell_quoted(command.name + ":" + command.description));
    cases += zsh_case(command);
  }
  return fmt::format(R"zsh(#compdef bygone
_bygone_recordings() {{
  local -a names
  names=(${{(f)"$({})"}})
  _alternative "names:recording:compadd -a names" "files:file:_files"
}}
_bygone() {{
  local context state line
  typeset -A opt_args
  local -a commands
  commands=(
{}  )
  _arguments -C '--help[print this help]' '--version[print the version]' \
    '--store=[directory of the recordings]:directory:_directories' '1: :->command' '*:: :->operand'
  case $state in
    command) _describe command commands ;;
    operand)
      case $words[1] in
{}      esac ;;
  esac
}}
if [[ $funcstack[1] == _bygone ]]; then _bygone "$@"; else compdef _bygone bygone; fi
)zsh",
                     kRecordings, names, cases);
}

std::string fish_completion(const std::vector<CommandWords>& commands) {
  std::string text = R"fish(# Whether the command line names this command; "none" before it names any.
function __bygone_in
  set -l words (commandline -opc)
  set -l command none
  set -e words[1]
  while set -q words[1]
    switch $words[1]
      case --store
        set -e words[1]
      case '-*'
      case '*'
        set command $words[1]
        break
    end
    set -e words[1]
  end
  test $command = $argv[1]
end
complete -c bygone -f
complete -c bygone -n '__bygone_in none' -l version -l help
complete -c bygone -n '__bygone_in none' -l store -r -a '(__fish_complete_directories)'
)fish";
  for (const CommandWords& command : commands) text += fish_lines(command);
  return text;
}

}  // namespace bygone::cli
