#include <memory>

#include "cli/command.h"
#include "cli/output.h"
#include "query/query.h"
#include "replayer/machine.h"

namespace bygone::cli {
namespace {

struct SqlArguments {
  std::vector<std::string> words;
  RowOptions rows;
};

Expected<int> sql(const Invocation& invocation, const SqlArguments& options) {
  if (options.words.empty() || options.words.size() > 2)
    return fail(ErrorKind::usage, "sql", "takes a statement, or a recording and a statement",
                "put the statement in quotes");
  const std::string recording_name = options.words.size() == 2 ? options.words[0] : "";
  BYGONE_ASSIGN(const Store store, invocation.open_store());
  BYGONE_ASSIGN(const auto recording, store.read(recording_name));
  limit_answers();
  StandardOutput output;
  const query::TextSink sink = [&](std::string_view text) { return output.write(text); };
  ReplayMachine machine([&] { return store.read_again(recording_name, *recording); });
  query::AnswerOptions answer_options{presentation_of(options.rows), {}, &machine};
  if (options.rows.limit != 0) answer_options.limit = options.rows.limit;
  BYGONE_TRY(query::answer_sql(*recording, options.words.back(), answer_options, sink));
  BYGONE_TRY(output.flush());
  return 0;
}

}  // namespace

void add_sql_command(CLI::App& root, Invocation& invocation) {
  const auto options = std::make_shared<SqlArguments>();
  CLI::App* command = add_command(
      root, invocation, "sql", "ask a recording in SQL",
      "  bygone sql ls-0 \"SELECT call, count(*) FROM frames GROUP BY call\"\n"
      "  bygone sql \"SELECT * FROM mappings_at(120, 1) WHERE prot LIKE '%x%'\"\n\n"
      "Views:      frames tasks mappings signals execs memory_writes paths files uncaptured\n"
      "Tables:     those of docs/format.md\n"
      "Functions:  syscall_name(n) syscall_number(name) errno_name(n) errno_number(name) signal_name(n)\n"
      "            signal_number(name) wait_status(n) address(n) prot(n) map_flags(n) open_flags(n)\n"
      "            mappings_at(event, address_space) mappings_between(first, last, address_space)\n"
      "            registers_at(event, task) outputs(until) call_totals(task, process)\n"
      "            frames_between(first, last) descriptors_at(at, process)\n"
      "            memory_at(event, task, from_address, size) stack_at(event, task) state_digest(at_event)\n"
      "            memory_changes(first, last, task, from_address, size)\n"
      "Recordings can only be read. docs/query.md describes all of these.");
  set_usage(*command, "bygone sql [OPTIONS] [NAME|FILE] SELECT");
  command->add_option("words", options->words, "[NAME|FILE] SELECT")->group("");
  add_row_options(*command, options->rows);
  command->callback([&invocation, options] {
    invocation.run = [&invocation, options] { return sql(invocation, *options); };
  });
}

}  // namespace bygone::cli
