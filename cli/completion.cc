#include <fmt/core.h>

#include <memory>

#include "cli/command.h"
#include "cli/output.h"

namespace bygone::cli {
namespace {

std::string options_of(const CLI::App& command) {
  std::string text;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) text += (text.empty() ? "--" : " --") + name;
  return text;
}

std::string names_of(const CLI::App& root) {
  std::string text;
  for (const CLI::App* command : root.get_subcommands(nullptr))
    text += (text.empty() ? "" : " ") + command->get_name();
  return text;
}

// Names of recordings come from `bygone ls` at the moment of completion.
std::string bash_script(const CLI::App& root) {
  std::string cases;
  for (const CLI::App* command : root.get_subcommands(nullptr))
    cases += fmt::format("    {}) options='{}' ;;\n", command->get_name(), options_of(*command));
  return fmt::format(R"bash(_bygone() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} command=${{COMP_WORDS[1]}} options=
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W '{} --help --version' -- "$word"))
    return
  fi
  case $command in
{}  esac
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$word"))
  elif [[ $command == record ]]; then
    COMPREPLY=($(compgen -c -- "$word"))
  else
    COMPREPLY=($(compgen -W "$(bygone ls --format csv 2>/dev/null | tail -n +2 | cut -d, -f1)" -f -- "$word"))
  fi
}}
)bash",
                     names_of(root), cases);
}

std::string zsh_script(const CLI::App& root) {
  return "#compdef bygone\nautoload -U +X bashcompinit && bashcompinit\n" + bash_script(root) +
         "complete -F _bygone bygone\n";
}

std::string fish_script(const CLI::App& root) {
  std::string text = "complete -c bygone -f\n";
  for (const CLI::App* command : root.get_subcommands(nullptr)) {
    const std::string& name = command->get_name();
    text += fmt::format("complete -c bygone -n __fish_use_subcommand -a {} -d '{}'\n", name,
                        command->get_description());
    for (const CLI::Option* option : command->get_options())
      for (const std::string& long_name : option->get_lnames())
        text +=
            fmt::format("complete -c bygone -n '__fish_seen_subcommand_from {}' -l {}\n", name, long_name);
  }
  return text +
         "complete -c bygone -n 'not __fish_use_subcommand' -a "
         "'(bygone ls --format csv 2>/dev/null | tail -n +2 | cut -d, -f1)'\n";
}

// Text in a man page: roff takes backslashes, and dots and quotes that begin a line, for itself.
std::string roff(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    const bool begins_line = escaped.empty() || escaped.back() == '\n';
    if (begins_line && (c == '.' || c == '\'')) escaped += "\\&";
    escaped += c == '\\' ? "\\e" : c == '-' ? "\\-" : std::string(1, c);
  }
  return escaped;
}

// The help texts themselves, command by command.
std::string man_page(const CLI::App& root) {
  std::string text =
      ".TH BYGONE 1\n.SH NAME\nbygone \\- record programs, replay them, ask what happened\n"
      ".SH SYNOPSIS\n.B bygone\n.I COMMAND\n[OPTIONS]\n.SH DESCRIPTION\n.nf\n" +
      roff(root.help()) + ".fi\n";
  for (const CLI::App* command : root.get_subcommands(nullptr))
    text += fmt::format(".SH {}\n.nf\n{}.fi\n", roff("bygone " + command->get_name()),
                        roff(command->help("bygone")));
  return text;
}

Expected<int> complete(const CLI::App& root, const std::string& shell) {
  StandardOutput output;
  BYGONE_TRY(output.write(shell == "man"    ? man_page(root)
                          : shell == "fish" ? fish_script(root)
                          : shell == "zsh"  ? zsh_script(root)
                                            : bash_script(root) + "complete -F _bygone bygone\n"));
  BYGONE_TRY(output.flush());
  return 0;
}

}  // namespace

void add_completion_command(CLI::App& root, Invocation& invocation) {
  const auto shell = std::make_shared<std::string>();
  CLI::App* command =
      add_command(root, invocation, "completion", "print a completion script for a shell, or the man page",
                  "  bygone completion bash > ~/.local/share/bash-completion/completions/bygone\n"
                  "  bygone completion zsh > ~/.zfunc/_bygone\n"
                  "  bygone completion fish > ~/.config/fish/completions/bygone.fish\n"
                  "  bygone completion man > ~/.local/share/man/man1/bygone.1");
  command->add_option("shell", *shell, "bash, zsh, fish or man")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish", "man"}))
      ->type_name("SHELL");
  command->callback(
      [&root, &invocation, shell] { invocation.run = [&root, shell] { return complete(root, *shell); }; });
}

}  // namespace bygone::cli
