#pragma once

// The room's front door: a phrase or SQL in, text out.

#include <optional>
#include <string>
#include <string_view>

#include "query/phrase.h"
#include "query/row_writer.h"
#include "query/session.h"
#include "store/recording_reader.h"

namespace bygone::query {

struct AnswerOptions {
  Presentation presentation;
  std::optional<uint64_t> limit;  // at most so many rows
  Machine* machine = nullptr;     // for what takes a replay; a session that is open has its own
};

// Answers a phrase (docs/query.md). Nothing is written when the phrase, a name in it or an event is wrong.
Expected<void> answer(RecordingReader& recording, std::string_view phrase, const AnswerOptions& options,
                      const TextSink& out);

// The same with a session that is open already: many questions to one recording.
Expected<void> answer(Session& session, std::string_view phrase, const AnswerOptions& options,
                      const TextSink& out);

// Answers one SELECT.
Expected<void> answer_sql(RecordingReader& recording, const std::string& sql, const AnswerOptions& options,
                          const TextSink& out);

// Shows the SQL behind a phrase and how SQLite goes about it.
Expected<void> explain(RecordingReader& recording, std::string_view phrase, const TextSink& out);

// For results that are no recording's: `bygone ls`.
Expected<void> show_rows(const ResultHeader& header, const std::vector<Row>& rows,
                         const AnswerOptions& options, const TextSink& out);

}  // namespace bygone::query
