#include <fmt/core.h>

#include "cli/command_words.h"

namespace bygone::cli {
namespace {

// roff takes backslashes, and dots and quotes that begin a line, for itself.
std::string roff(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    const bool begins_line = escaped.empty() || escaped.back() == '\n';
    if (begins_line && (c == '.' || c == '\'')) escaped += "\\&";
    escaped += c == '\\' ? "\\e" : c == '-' ? "\\-" : std::string(1, c);
  }
  return escaped;
}

}  // namespace

std::string man_page(const CLI::App& root) {
  // App::help() of a command line that names a subcommand is that of the subcommand.
  const std::string overview = root.get_formatter()->make_help(&root, "bygone", CLI::AppFormatMode::Normal);
  std::string text =
      ".TH BYGONE 1\n.SH NAME\nbygone \\- record programs, replay them, ask what happened\n"
      ".SH SYNOPSIS\n.B bygone\n.I COMMAND\n[OPTIONS]\n.SH DESCRIPTION\n.nf\n" +
      roff(overview) + ".fi\n";
  for (const CLI::App* command : root.get_subcommands(nullptr))
    text +=
        fmt::format(".SH {}\n.nf\n{}.fi\n", roff("bygone " + command->get_name()),
                    roff(command->get_formatter()->make_help(command, "bygone", CLI::AppFormatMode::Normal)));
  return text + ".SH SEE ALSO\n.BR strace (1),\n.BR ptrace (2),\n.BR sqlite3 (1)\n";
}

}  // namespace bygone::cli
