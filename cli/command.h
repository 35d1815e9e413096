#pragma once

// How subcommands come to be part of `bygone`.

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "query/row_writer.h"
#include "schema/error.h"
#include "store/store.h"

namespace bygone::cli {

// One run of `bygone`.
struct Invocation {
  std::string store_directory;         // --store; empty for the default
  std::vector<std::string> program;    // what follows the options of `record`, untouched
  std::function<Expected<int>()> run;  // set by the subcommand that was named; its value is the exit status

  Expected<Store> open_store() const;
};

// --store, which may stand before or behind the subcommand.
void add_store_option(CLI::App& app, Invocation& invocation);

// Adds a subcommand with --store and --help. `examples` are lines below its help.
CLI::App* add_command(CLI::App& root, Invocation& invocation, const std::string& name,
                      const std::string& description, const std::string& examples);

// Replaces what CLI11 makes of the command's positional arguments in its help.
void set_usage(CLI::App& command, const std::string& usage);

// For options that take a count: what is wrong with the text, or nothing.
std::string one_or_more(const std::string& text);

// For options that take a time: seconds ("10"), or "500ms", "2m"; the value is in ns. Both bounds are
// included.
CLI::Validator time_between(const std::string& least, const std::string& most);

// --format and --limit, shared by everything that shows rows.
struct RowOptions {
  std::string format = "table";
  uint64_t limit = 0;
};
void add_row_options(CLI::App& command, RowOptions& options);
query::Presentation presentation_of(const RowOptions& options);

void add_completion_command(CLI::App& root, Invocation& invocation);
void add_export_command(CLI::App& root, Invocation& invocation);
void add_gc_command(CLI::App& root, Invocation& invocation);
void add_import_command(CLI::App& root, Invocation& invocation);
void add_index_command(CLI::App& root, Invocation& invocation);
void add_info_command(CLI::App& root, Invocation& invocation);
void add_ls_command(CLI::App& root, Invocation& invocation);
void add_pack_command(CLI::App& root, Invocation& invocation);
void add_query_command(CLI::App& root, Invocation& invocation);
void add_record_command(CLI::App& root, Invocation& invocation);
void add_replay_command(CLI::App& root, Invocation& invocation);
void add_rm_command(CLI::App& root, Invocation& invocation);
void add_serve_command(CLI::App& root, Invocation& invocation);
void add_sql_command(CLI::App& root, Invocation& invocation);
void add_status_command(CLI::App& root, Invocation& invocation);
void add_trigger_command(CLI::App& root, Invocation& invocation);
void add_verify_command(CLI::App& root, Invocation& invocation);

}  // namespace bygone::cli
