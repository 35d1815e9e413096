#include "query/export.h"

#include <memory>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "query/load_statement.h"
#include "query/query.h"
#include "replayer/machine.h"

namespace bygone::cli {
namespace {

struct ExportArguments {
  std::string recording;
  std::string format = "strace";
  std::string statement;
  bool no_replay = false;
};

// What programs gave to calls takes a replay; where that ends early the rest is shown as it was recorded.
Expected<void> export_strace(const Store& store, RecordingReader& recording, const ExportArguments& options,
                             const query::TextSink& sink) {
  ReplayMachine machine([&] { return store.read_again(options.recording, recording); });
  query::StraceOptions strace;
  if (!options.no_replay) strace.machine = &machine;
  strace.on_unreadable = [](const Error& error) {
    tell("what programs gave to calls is shown as addresses from here on: " + error.message());
  };
  return query::export_strace(recording, strace, sink);
}

Expected<int> show_statement(const ExportArguments& options) {
  const auto format = query::format_of(options.format);
  const auto statement = format ? query::load_statement(options.statement, *format) : std::nullopt;
  if (!statement)
    return fail(ErrorKind::usage, "--statement", "there is none for the format " + options.format,
                "add --format csv or --format jsonl");
  StandardOutput output;
  BYGONE_TRY(output.write(*statement));
  BYGONE_TRY(output.flush());
  return 0;
}

Expected<int> export_recording(const Invocation& invocation, const ExportArguments& options) {
  if (!options.statement.empty()) return show_statement(options);
  BYGONE_ASSIGN(const Store store, invocation.open_store());
  BYGONE_ASSIGN(const auto recording, store.read(options.recording));
  limit_answers();
  StandardOutput output;
  const query::TextSink sink = [&](std::string_view text) { return output.write(text); };
  if (options.format == "strace") {
    BYGONE_TRY(export_strace(store, *recording, options, sink));
  } else if (options.format == "perfetto") {
    BYGONE_TRY(query::export_perfetto(*recording, sink));
  } else if (options.format == "chrome-json") {
    BYGONE_TRY(query::export_chrome_json(*recording, sink));
  } else {
    const auto format = query::format_of(options.format).value_or(query::Format::csv);
    BYGONE_TRY(query::answer(*recording, "frames", {{format, 0}, {}}, sink));
  }
  BYGONE_TRY(output.flush());
  return 0;
}

}  // namespace

void add_export_command(CLI::App& root, Invocation& invocation) {
  const auto options = std::make_shared<ExportArguments>();
  CLI::App* command = add_command(
      root, invocation, "export", "write a recording's events for other programs",
      "  bygone export ls-0                                 as strace writes it\n"
      "  bygone export ls-0 --format perfetto > ls.pftrace  for ui.perfetto.dev\n"
      "  bygone export ls-0 --format chrome-json > ls.json  for chrome://tracing\n"
      "  bygone export ls-0 --format csv > ls.csv           the rows of `query frames`\n"
      "  bygone export --format csv --statement duckdb      how DuckDB makes a table of frames.csv");
  command->add_option("recording", options->recording, "name or file [the latest]")->type_name("NAME|FILE");
  command->add_option("-f,--format", options->format, "strace, perfetto, chrome-json, csv or jsonl")
      ->check(CLI::IsMember({"strace", "perfetto", "chrome-json", "csv", "jsonl"}))
      ->type_name("FORMAT")
      ->capture_default_str();
  command
      ->add_option("--statement", options->statement,
                   "print what loads frames.csv or frames.jsonl: duckdb, clickhouse or postgresql")
      ->check(CLI::IsMember({"duckdb", "clickhouse", "postgresql"}))
      ->type_name("DATABASE");
  command->add_flag("--no-replay", options->no_replay,
                    "strace: show only what is in the recording, without a replay; quicker");
  command->callback([&invocation, options] {
    invocation.run = [&invocation, options] { return export_recording(invocation, *options); };
  });
}

}  // namespace bygone::cli
