#include "cli/program_arguments.h"

namespace bygone::cli {
namespace {

bool is_option(const std::string& argument) {
  return argument.size() > 1 && argument[0] == '-';
}

// "--name" is followed by its value, "--name=x" and flags are not.
bool takes_next(const CLI::App& app, const std::string& argument) {
  if (argument.find('=') != std::string::npos) return false;
  const CLI::Option* option = app.get_option_no_throw(argument);
  return option != nullptr && option->get_items_expected_min() > 0;
}

}  // namespace

std::vector<std::string> take_program(const CLI::App& root, const std::string& command,
                                      std::vector<std::string>& arguments) {
  const CLI::App* app = &root;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "--" && app == &root) return {};
    if (argument != "--" && is_option(argument)) {
      if (takes_next(*app, argument)) ++i;
      continue;
    }
    if (app == &root) {
      if (argument != command) return {};
      app = root.get_subcommand(command);
      continue;
    }
    const auto first = arguments.begin() + std::ptrdiff_t(i);
    std::vector<std::string> program(argument == "--" ? first + 1 : first, arguments.end());
    arguments.erase(first, arguments.end());
    return program;
  }
  return {};
}

}  // namespace bygone::cli
