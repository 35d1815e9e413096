#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace bygone::test {

// A file of cases is read line by line:
//   # a remark
//   ? frames 1..3                a phrase, answered as csv; the lines below are the answer
//   ? json: tasks                the same in another format
//   ? sql: SELECT 1              SQL instead of a phrase
//   ? explain: tasks             the SQL behind a phrase
//   ? export: strace             the whole recording for another program
//   | event,task                 a line of the answer, whole
//   ~ ^SELECT .* FROM frames     a regular expression the next lines of the answer must match, one each
//   .                            the answer is empty
//   ! usage: expected 'event'    an error of this kind, its message containing this; then there is no answer
struct PhraseCase {
  enum class Ask { phrase, sql, explain, exported };
  std::string file;
  int line = 0;
  Ask ask = Ask::phrase;
  std::string format = "csv";
  std::string text;
  struct Line {
    bool pattern = false;
    std::string text;
  };
  std::vector<Line> answer;
  bool empty_answer = false;
  std::string error_kind;  // empty for none
  std::vector<std::string> error_parts;
};

// For the messages of tests.
inline void PrintTo(const PhraseCase& asked, std::ostream* out) {
  *out << asked.file << ":" << asked.line;
}

// Throws std::runtime_error for a file that is not there or has lines of another form.
std::vector<PhraseCase> read_cases(const std::string& file);

}  // namespace bygone::test
