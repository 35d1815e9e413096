#include "query/query.h"

#include <fmt/core.h>

#include <iostream>
#include <memory>
#include <string>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "cli/phrase_arguments.h"
#include "replayer/machine.h"

namespace bygone::cli {
namespace {

struct QueryArguments {
  std::vector<std::string> words;
  RowOptions rows;
  bool explain = false;
};

// Questions from standard input, one a line; empty lines and those that begin with # are passed over. A
// question that fails does not end it; the exit status is that of the first that did.
Expected<int> answer_lines(const Invocation& invocation, const std::string& name,
                           const QueryArguments& options) {
  BYGONE_ASSIGN(const Store store, invocation.open_store());
  BYGONE_ASSIGN(const auto recording, store.read(name));
  limit_answers();
  ReplayMachine machine([&] { return store.read_again(name, *recording); });
  BYGONE_ASSIGN(const auto session, query::Session::open(*recording, &machine));
  StandardOutput output;
  const query::TextSink sink = [&](std::string_view text) { return output.write(text); };
  query::AnswerOptions answer_options{presentation_of(options.rows), {}, nullptr};
  if (options.rows.limit != 0) answer_options.limit = options.rows.limit;
  int status = 0;
  for (std::string line; std::getline(std::cin, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos || line.front() == '#') continue;
    BYGONE_TRY(recording->refresh());
    const auto answered = query::answer(*session, line, answer_options, sink);
    BYGONE_TRY(output.flush());
    if (answered) continue;
    const int failed = report(answered.error());
    if (status == 0) status = failed;
  }
  return status;
}

Expected<int> query(const Invocation& invocation, const QueryArguments& options) {
  if (!options.words.empty() && options.words.size() <= 2 && options.words.back() == "-")
    return answer_lines(invocation, options.words.size() == 2 ? options.words.front() : "", options);
  BYGONE_ASSIGN(const PhraseArguments asked, phrase_arguments(options.words));
  BYGONE_TRY(query::parse_phrase(asked.phrase));
  BYGONE_ASSIGN(const Store store, invocation.open_store());
  BYGONE_ASSIGN(const auto recording, store.read(asked.recording));
  limit_answers();
  StandardOutput output;
  const query::TextSink sink = [&](std::string_view text) { return output.write(text); };
  query::AnswerOptions answer_options{presentation_of(options.rows), {}, nullptr};
  if (options.rows.limit != 0) answer_options.limit = options.rows.limit;
  ReplayMachine machine([&] { return store.read_again(asked.recording, *recording); });
  answer_options.machine = &machine;
  BYGONE_TRY(options.explain ? query::explain(*recording, asked.phrase, sink)
                             : query::answer(*recording, asked.phrase, answer_options, sink));
  BYGONE_TRY(output.flush());
  return 0;
}

std::string phrase_list() {
  std::string text = "Phrases:\n";
  for (const auto& [form, meaning] : query::phrase_help())
    text += fmt::format("  {:<42} {}\n", form, meaning);
  return text;
}

}  // namespace

void add_query_command(CLI::App& root, Invocation& invocation) {
  const auto options = std::make_shared<QueryArguments>();
  CLI::App* command = add_command(
      root, invocation, "query", "ask a recording",
      "  bygone query tasks                          the latest recording\n"
      "  bygone query ls-0 \"mappings at event 120\"\n"
      "  bygone query ls-0 \"frames where call = openat and failed\" --format json\n"
      "  bygone query \"frames 100..120 of 4711\"\n"
      "  bygone query server-3 \"stack of 4711 at event 600000\"\n"
      "  bygone query ls-0 - < questions             one a line\n"
      "  bygone query --explain \"history of 0x7f12a000\"\n\n" +
          phrase_list() + "P is a process or task id, T a task id; docs/query.md has the whole language.");
  set_usage(*command, "bygone query [OPTIONS] [NAME|FILE] PHRASE");
  command->add_option("words", options->words, "[NAME|FILE] PHRASE")->type_name("")->group("");
  add_row_options(*command, options->rows);
  command->add_flag("--explain", options->explain,
                    "show the SQL behind the phrase instead, and how it is run");
  command->callback([&invocation, options] {
    invocation.run = [&invocation, options] { return query(invocation, *options); };
  });
}

}  // namespace bygone::cli
