#include "phrase_cases.h"

#include <gmock/gmock.h>

#include <regex>

#include "query/export.h"
#include "query/query.h"
#include "sample_recording.h"

namespace bygone::test {
namespace {

struct Outcome {
  std::string text;
  std::string error_kind;
  std::string message;
};

std::string kind_name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage:
      return "usage";
    case ErrorKind::not_found:
      return "not_found";
    case ErrorKind::unavailable:
      return "unavailable";
    case ErrorKind::bad_data:
      return "bad_data";
    default:
      return "another kind";
  }
}

Outcome ask(RecordingReader& reader, const PhraseCase& asked) {
  Outcome outcome;
  const query::TextSink sink = [&](std::string_view text) {
    outcome.text += text;
    return Expected<void>{};
  };
  const query::AnswerOptions options{{*query::format_of(asked.format), 0}, {}};
  Expected<void> result;
  switch (asked.ask) {
    case PhraseCase::Ask::phrase:
      result = query::answer(reader, asked.text, options, sink);
      break;
    case PhraseCase::Ask::sql:
      result = query::answer_sql(reader, asked.text, options, sink);
      break;
    case PhraseCase::Ask::explain:
      result = query::explain(reader, asked.text, sink);
      break;
    case PhraseCase::Ask::exported:
      result = asked.text == "strace" ? query::export_strace(reader, sink)
                                      : query::export_chrome_json(reader, sink);
      break;
  }
  if (!result) {
    outcome.error_kind = kind_name(result.error().kind);
    outcome.message = result.error().message();
  }
  return outcome;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::string line;
  for (const char c : text) {
    if (c == '\n') {
      lines.push_back(line);
      line.clear();
    } else if (c != '\r') {
      line += c;
    }
  }
  if (!line.empty()) lines.push_back(line + " <no newline>");
  return lines;
}

class PhraseCases : public testing::TestWithParam<PhraseCase> {};

TEST_P(PhraseCases, AnswersAsWritten) {
  SampleRecording sample;
  const PhraseCase& asked = GetParam();
  const Outcome outcome = ask(sample.reader(), asked);
  SCOPED_TRACE(asked.file + ":" + std::to_string(asked.line) + ": " + asked.text);
  EXPECT_EQ(outcome.error_kind, asked.error_kind) << outcome.message;
  for (const std::string& part : asked.error_parts) EXPECT_THAT(outcome.message, testing::HasSubstr(part));
  const auto lines = lines_of(outcome.text);
  for (size_t i = 0; i < std::max(lines.size(), asked.answer.size()); ++i) {
    ASSERT_LT(i, asked.answer.size()) << "one line too many:\n" << outcome.text;
    ASSERT_LT(i, lines.size()) << "a line is missing: " << asked.answer[i].text << "\nin:\n" << outcome.text;
    const bool as_expected = asked.answer[i].pattern
                                 ? std::regex_search(lines[i], std::regex(asked.answer[i].text))
                                 : lines[i] == asked.answer[i].text;
    EXPECT_TRUE(as_expected) << "found    " << lines[i] << "\nexpected " << asked.answer[i].text;
  }
}

// A case that expects neither an answer nor an error would pass whatever happens.
TEST(PhraseCasesFiles, EveryCaseExpectsSomething) {
  for (const char* file : {"/phrases.txt", "/formats.txt", "/rejects.txt", "/sql.txt", "/exports.txt"})
    for (const PhraseCase& asked : read_cases(std::string(CASES_FOLDER) + file))
      EXPECT_EQ(int(!asked.answer.empty()) + int(asked.empty_answer) + int(!asked.error_kind.empty()), 1)
          << file << ":" << asked.line;
}

std::string name_of(const testing::TestParamInfo<PhraseCase>& info) {
  std::string name = std::to_string(info.param.line) + "_";
  for (const char c : info.param.text.substr(0, 40))
    name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
}

#define CASES_OF(name)                                                                                      \
  INSTANTIATE_TEST_SUITE_P(name, PhraseCases, testing::ValuesIn(read_cases(CASES_FOLDER "/" #name ".txt")), \
                           name_of)
CASES_OF(phrases);
CASES_OF(formats);
CASES_OF(rejects);
CASES_OF(sql);
CASES_OF(exports);

}  // namespace
}  // namespace bygone::test
