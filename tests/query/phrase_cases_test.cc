#include "phrase_cases.h"

#include <gmock/gmock.h>

#include <regex>

#include "long_recording.h"
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
      result = asked.text == "strace" ? query::export_strace(reader, {}, sink)
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

// Made once, when the first case asks for it.
template <class Recording>
RecordingReader& one_for_all() {
  static Recording recording;
  return recording.reader();
}

RecordingReader& recording_named(const std::string& name) {
  if (name == "sample") return one_for_all<SampleRecording>();
  if (name == "long") return one_for_all<LongRecording>();
  if (name == "empty") return one_for_all<EmptyRecording>();
  throw std::runtime_error("there is no recording " + name);
}

class PhraseCases : public testing::TestWithParam<PhraseCase> {};

// As a case file would have it, to be copied where it is right.
std::string as_case(const Outcome& outcome) {
  std::string text;
  for (const std::string& line : lines_of(outcome.text)) text += "| " + line + "\n";
  if (!outcome.error_kind.empty()) text += "! " + outcome.error_kind + ": " + outcome.message + "\n";
  return text.empty() ? ".\n" : text;
}

bool is_as_written(const std::vector<PhraseCase::Line>& expected, const std::vector<std::string>& lines) {
  return std::equal(expected.begin(), expected.end(), lines.begin(), lines.end(),
                    [](const PhraseCase::Line& wanted, const std::string& line) {
                      return wanted.pattern ? std::regex_search(line, std::regex(wanted.text))
                                            : line == wanted.text;
                    });
}

TEST_P(PhraseCases, AnswersAsWritten) {
  const PhraseCase& asked = GetParam();
  const Outcome outcome = ask(recording_named(asked.recording), asked);
  SCOPED_TRACE("tests/query/cases/" + asked.file + ": " + asked.text);
  EXPECT_EQ(outcome.error_kind, asked.error_kind);
  for (const std::string& part : asked.error_parts) EXPECT_THAT(outcome.message, testing::HasSubstr(part));
  EXPECT_TRUE(is_as_written(asked.answer, lines_of(outcome.text))) << "found:\n" << as_case(outcome);
}

// A case that expects neither an answer nor an error would pass whatever happens.
TEST(PhraseCasesFiles, EveryCaseExpectsSomething) {
  const auto cases = read_cases(CASES_FOLDER "/cases");
  EXPECT_GT(cases.size(), 250u);
  for (const PhraseCase& asked : cases)
    EXPECT_EQ(int(!asked.answer.empty()) + int(asked.empty_answer) + int(!asked.error_kind.empty()), 1)
        << asked.file;
}

std::string name_of(const testing::TestParamInfo<PhraseCase>& info) {
  std::string name;
  for (const char c : info.param.file.substr(0, info.param.file.rfind('.')))
    name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
}

INSTANTIATE_TEST_SUITE_P(Files, PhraseCases, testing::ValuesIn(read_cases(CASES_FOLDER "/cases")), name_of);

}  // namespace
}  // namespace bygone::test
