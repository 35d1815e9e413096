#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace bygone::test {

// A case is a file of its own, read line by line:
//   # a remark
//   @ sample                     the recording that is asked: sample (sample_recording.h), long
//                                (long_recording.h), or empty, which has no event and no paths
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
  std::string file;  // below the folder of cases
  std::string recording;
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
  *out << asked.file;
}

// The cases of a folder and those below it, by name. Throws std::runtime_error for a file that has not
// exactly one recording and question, or lines of another form.
std::vector<PhraseCase> read_cases(const std::string& folder);

}  // namespace bygone::test
