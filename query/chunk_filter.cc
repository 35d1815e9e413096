#include "query/chunk_filter.h"

#include <fmt/core.h>

namespace bygone::query {

namespace {

// Beyond this share of all chunks the plain view is cheaper: its rows need no sorting.
constexpr int64_t kWorthwhilePercent = 50;

// The system calls one of which a frame must be of, by number; nothing where any may do.
std::optional<std::vector<int64_t>> calls_of(const Condition& condition, const CallNames& names) {
  if (condition.kind == Condition::Kind::all_of) {
    for (const Condition& part : condition.parts)
      if (auto calls = calls_of(part, names)) return calls;
    return std::nullopt;
  }
  if (condition.kind == Condition::Kind::any_of) {
    std::vector<int64_t> all;
    for (const Condition& part : condition.parts) {
      const auto calls = calls_of(part, names);
      if (!calls) return std::nullopt;
      all.insert(all.end(), calls->begin(), calls->end());
    }
    return all;
  }
  if (condition.kind != Condition::Kind::test || condition.test.field != FrameField::call)
    return std::nullopt;
  const Test& test = condition.test;
  if (test.comparison == Comparison::matches) return names.matching(test.values.front().text);
  if (test.comparison != Comparison::equal) return std::nullopt;
  std::vector<int64_t> calls;
  for (const Token& value : test.values) {
    const auto number = names.number(value.text);
    if (!number) return std::nullopt;
    calls.push_back(*number);
  }
  return calls;
}

std::string list_of(const std::vector<int64_t>& numbers) {
  std::string list;
  for (const int64_t number : numbers) list += fmt::format("{}{}", list.empty() ? "" : ", ", number);
  return list;
}

}  // namespace

Expected<bool> has_chunk_tables(Session& session) {
  return session
      .number(
          "SELECT count(*) FROM main.sqlite_schema WHERE name IN ('chunk_call', 'chunk_task') AND type = "
          "'table'")
      .map([](std::optional<int64_t> known) { return known.value_or(0) == 2; });
}

Expected<std::string> frames_source(const Condition* where, std::optional<int32_t> task, Session& session) {
  std::string chunks;
  const auto calls = where != nullptr ? calls_of(*where, session.call_names()) : std::nullopt;
  if (calls)
    chunks = fmt::format("SELECT DISTINCT first_event, last_event FROM main.chunk_call WHERE call IN ({})",
                         list_of(*calls));
  else if (task)
    chunks = fmt::format("SELECT first_event, last_event FROM main.chunk_task WHERE task = {}", *task);
  else
    return std::string("frames");
  BYGONE_ASSIGN(const bool has_tables, has_chunk_tables(session));
  if (!has_tables) return std::string("frames");
  BYGONE_ASSIGN(const auto all, session.number("SELECT count(*) FROM main.frame_chunk"));
  BYGONE_ASSIGN(const auto some, session.number(fmt::format("SELECT count(*) FROM ({})", chunks)));
  if (some.value_or(0) * 100 > all.value_or(0) * kWorthwhilePercent) return std::string("frames");
  return fmt::format(
      "({}) AS chunk CROSS JOIN frames ON frames.event BETWEEN chunk.first_event AND chunk.last_event",
      chunks);
}

}  // namespace bygone::query
