#include <exception>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/exit_status.h"
#include "cli/output.h"
#include "cli/program_arguments.h"

namespace bygone::cli {
namespace {

void add_commands(CLI::App& root, Invocation& invocation) {
  add_record_command(root, invocation);
  add_replay_command(root, invocation);
  add_query_command(root, invocation);
  add_sql_command(root, invocation);
  add_ls_command(root, invocation);
  add_index_command(root, invocation);
  add_info_command(root, invocation);
  add_rm_command(root, invocation);
  add_pack_command(root, invocation);
  add_import_command(root, invocation);
  add_trigger_command(root, invocation);
  add_verify_command(root, invocation);
  add_gc_command(root, invocation);
  add_export_command(root, invocation);
  add_completion_command(root, invocation);
  add_serve_command(root, invocation);
  add_status_command(root, invocation);
}

Expected<int> show(const std::string& text) {
  StandardOutput output;
  BYGONE_TRY(output.write(text));
  BYGONE_TRY(output.flush());
  return 0;
}

// The subcommand whose help would help: the one that was named, or bygone itself.
std::string help_command(const CLI::App& root) {
  const auto named = root.get_subcommands();
  return named.empty() ? "bygone --help" : "bygone " + named.front()->get_name() + " --help";
}

Expected<int> run(std::vector<std::string> arguments) {
  CLI::App root(
      "bygone records programs, replays them without their files, and answers questions about them.",
      "bygone");
  Invocation invocation;
  root.set_version_flag("--version", "bygone " BYGONE_VERSION);
  add_store_option(root, invocation);
  root.require_subcommand(1);
  root.footer(
      "\nExamples:\n"
      "  bygone record ls -l\n"
      "  bygone replay\n"
      "  bygone query \"mappings at event 120\"\n\n" +
      exit_status_help());
  add_commands(root, invocation);
  invocation.program = take_program(root, "record", arguments);
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
  try {
    root.parse(arguments);
  } catch (const CLI::CallForHelp&) {
    const auto named = root.get_subcommands();
    return show(named.empty() ? root.help() : named.front()->help("bygone"));
  } catch (const CLI::CallForAllHelp&) {
    return show(root.help("", CLI::AppFormatMode::All));
  } catch (const CLI::CallForVersion& version) {
    return show(std::string(version.what()) + "\n");
  } catch (const CLI::ParseError& error) {
    return fail(ErrorKind::usage, "command line", error.what(), "see `" + help_command(root) + "`");
  }
  return invocation.run();
}

int guarded_run(int argument_count, char** arguments) try {
  const auto status = run({arguments + (argument_count > 0 ? 1 : 0), arguments + argument_count});
  return status ? *status : report(status.error());
} catch (const std::bad_alloc&) {
  return report({ErrorKind::io, "bygone", "out of memory", {}});
} catch (const std::system_error& error) {
  return report({ErrorKind::io, "bygone", error.what(), "raise the limits (ulimit -u, -v, -d)"});
} catch (const std::exception& error) {
  return report({ErrorKind::internal, "bygone", error.what(), "this is a bug, please report it"});
}

}  // namespace
}  // namespace bygone::cli

int main(int argument_count, char** arguments) {
  return bygone::cli::guarded_run(argument_count, arguments);
}
