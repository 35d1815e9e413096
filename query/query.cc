#include "query/query.h"

#include <fmt/core.h>

#include <algorithm>

#include "query/description.h"
#include "query/plan.h"
#include "query/session.h"

namespace bygone::query {
namespace {

Expected<void> show_description(RecordingReader& recording, const AnswerOptions& options,
                                const TextSink& out) {
  BYGONE_ASSIGN(const auto entries, describe(recording));
  ResultHeader header{{}, Shape::object};
  Row row;
  for (const auto& [name, value] : entries) {
    header.columns.push_back(name);
    row.push_back(value);
  }
  return show_rows(header, {row}, options, out);
}

Expected<void> answer(Session& session, const Phrase& asked, const AnswerOptions& options,
                      const TextSink& out) {
  BYGONE_ASSIGN(const std::string sql, sql_for(asked, session));
  return session.run(sql, Shape::rows, options.limit, *make_row_writer(options.presentation, out));
}

}  // namespace

Expected<void> show_rows(const ResultHeader& header, const std::vector<Row>& rows,
                         const AnswerOptions& options, const TextSink& out) {
  const auto writer = make_row_writer(options.presentation, out);
  BYGONE_TRY(writer->begin(header));
  for (size_t i = 0; i < rows.size() && (!options.limit || i < *options.limit); ++i)
    BYGONE_TRY(writer->row(rows[i]));
  return writer->end();
}

Expected<void> answer(RecordingReader& recording, std::string_view phrase, const AnswerOptions& options,
                      const TextSink& out) {
  BYGONE_ASSIGN(const Phrase asked, parse_phrase(phrase));
  if (std::holds_alternative<AskInfo>(asked)) return show_description(recording, options, out);
  BYGONE_ASSIGN(const auto session, Session::open(recording, options.machine));
  return answer(*session, asked, options, out);
}

Expected<void> answer(Session& session, std::string_view phrase, const AnswerOptions& options,
                      const TextSink& out) {
  BYGONE_ASSIGN(const Phrase asked, parse_phrase(phrase));
  if (std::holds_alternative<AskInfo>(asked)) return show_description(session.recording(), options, out);
  return answer(session, asked, options, out);
}

Expected<void> answer_sql(RecordingReader& recording, const std::string& sql, const AnswerOptions& options,
                          const TextSink& out) {
  BYGONE_ASSIGN(const auto session, Session::open(recording, options.machine));
  return session->run(sql, Shape::rows, options.limit, *make_row_writer(options.presentation, out));
}

Expected<void> explain(RecordingReader& recording, std::string_view phrase, const TextSink& out) {
  BYGONE_ASSIGN(const Phrase asked, parse_phrase(phrase));
  BYGONE_ASSIGN(const auto session, Session::open(recording));
  BYGONE_ASSIGN(const std::string sql, sql_for(asked, *session));
  BYGONE_ASSIGN(const auto steps, session->query_plan(sql));
  BYGONE_TRY(out(sql + ";\n"));
  for (const std::string& step : steps) BYGONE_TRY(out("-- " + step + "\n"));
  // In a large recording these are the ones that take time, and a person should know why.
  const auto mentions = [&](std::string_view what) {
    return std::any_of(steps.begin(), steps.end(),
                       [&](const std::string& step) { return step.find(what) != std::string::npos; });
  };
  if (mentions("SCAN main.frame") || mentions("SCAN call_totals"))
    BYGONE_TRY(out("-- reads every frame: no range of events, rare call or task narrows it\n"));
  if (mentions("SCAN descriptors_at"))
    BYGONE_TRY(out("-- reads every call up to the event that makes, copies or closes descriptors\n"));
  if (mentions("SCAN outputs")) BYGONE_TRY(out("-- reads all output up to the event\n"));
  for (const char* replays : {"memory_at", "memory_changes", "stack_at", "state_digest"})
    if (mentions(fmt::format("SCAN {}", replays)))
      BYGONE_TRY(out("-- replays to the event from the nearest snapshot before it\n"));
  if (mentions("SCAN main.mapping"))
    BYGONE_TRY(out("-- reads every mapping: they are found by event, not by address or path\n"));
  return {};
}

}  // namespace bygone::query
