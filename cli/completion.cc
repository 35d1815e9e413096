#include <memory>

#include "cli/command.h"
#include "cli/command_words.h"
#include "cli/output.h"

namespace bygone::cli {
namespace {

Expected<int> complete(const CLI::App& root, const std::string& shell) {
  StandardOutput output;
  const std::vector<CommandWords> commands = command_words(root);
  BYGONE_TRY(output.write(shell == "man"    ? man_page(root)
                          : shell == "fish" ? fish_completion(commands)
                          : shell == "zsh"  ? zsh_completion(commands)
                                            : bash_completion(commands)));
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
