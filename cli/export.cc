#include "query/export.h"

#include <memory>

#include "cli/command.h"
#include "cli/output.h"
#include "query/query.h"

namespace bygone::cli {
namespace {

struct Options {
  std::string recording;
  std::string format = "strace";
};

Expected<int> export_recording(const Invocation& invocation, const Options& options) {
  BYGONE_ASSIGN(const Store store, invocation.open_store());
  BYGONE_ASSIGN(const auto recording, store.read(options.recording));
  StandardOutput output;
  const query::TextSink sink = [&](std::string_view text) { return output.write(text); };
  if (options.format == "strace") {
    BYGONE_TRY(query::export_strace(*recording, sink));
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
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      add_command(root, invocation, "export", "write a recording's events for other programs",
                  "  bygone export ls-0                                 as strace writes it\n"
                  "  bygone export ls-0 --format perfetto > ls.pftrace  for ui.perfetto.dev\n"
                  "  bygone export ls-0 --format chrome-json > ls.json  for chrome://tracing\n"
                  "  bygone export ls-0 --format csv > ls.csv           the rows of `query frames`");
  command->add_option("recording", options->recording, "name or file [the latest]")->type_name("NAME|FILE");
  command->add_option("-f,--format", options->format, "strace, perfetto, chrome-json, csv or jsonl")
      ->check(CLI::IsMember({"strace", "perfetto", "chrome-json", "csv", "jsonl"}))
      ->type_name("FORMAT")
      ->capture_default_str();
  command->callback([&invocation, options] {
    invocation.run = [&invocation, options] { return export_recording(invocation, *options); };
  });
}

}  // namespace bygone::cli
