#include <memory>

#include "cli/command.h"
#include "cli/output.h"
#include "query/command_text.h"
#include "query/names.h"
#include "query/query.h"

namespace bygone::cli {
namespace {

query::Row row_of(const RecordingSummary& summary) {
  const auto text_or_null = [](std::string text) { return text.empty() ? query::Cell{} : query::Cell{text}; };
  if (!summary.problem.empty())
    return {summary.name,  query::Cell{}, query::Cell{},  int64_t(summary.size_bytes),
            query::Cell{}, query::Cell{}, summary.problem};
  return {summary.name,
          text_or_null(query::time_text(summary.started_ns)),
          int64_t(summary.events),
          int64_t(summary.size_bytes),
          summary.outcome,
          query::command_text(summary.command),
          query::Cell{}};
}

Expected<int> ls(const Invocation& invocation, const RowOptions& options) {
  BYGONE_ASSIGN(const Store store, invocation.open_store());
  BYGONE_ASSIGN(const auto summaries, store.list());
  query::ResultHeader header{{"name", "started", "events", "size_bytes", "outcome", "command", "problem"},
                             {}};
  std::vector<query::Row> rows;
  bool any_problem = false;
  for (const RecordingSummary& summary : summaries) {
    rows.push_back(row_of(summary));
    any_problem |= !summary.problem.empty();
  }
  // People see a column for problems only when there is one; programs can rely on it.
  if (!any_problem && options.format == "table") {
    header.columns.pop_back();
    for (query::Row& row : rows) row.pop_back();
  }
  StandardOutput output;
  const query::TextSink sink = [&](std::string_view text) { return output.write(text); };
  query::AnswerOptions answer_options{presentation_of(options), {}};
  if (options.limit != 0) answer_options.limit = options.limit;
  BYGONE_TRY(query::show_rows(header, rows, answer_options, sink));
  BYGONE_TRY(output.flush());
  return 0;
}

}  // namespace

void add_ls_command(CLI::App& root, Invocation& invocation) {
  const auto options = std::make_shared<RowOptions>();
  CLI::App* command =
      add_command(root, invocation, "ls", "list the recordings, newest first",
                  "  bygone ls\n"
                  "  bygone ls --format json --limit 1\n"
                  "Times are UTC. A recording that cannot be read is listed with its problem.");
  add_row_options(*command, *options);
  command->callback([&invocation, options] {
    invocation.run = [&invocation, options] { return ls(invocation, *options); };
  });
}

}  // namespace bygone::cli
