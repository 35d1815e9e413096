#include "phrase_cases.h"

#include <fstream>
#include <stdexcept>

namespace bygone::test {
namespace {

std::string after(const std::string& line, size_t from) {
  return line.size() > from ? line.substr(from) : std::string();
}

bool take_prefix(std::string& text, const std::string& prefix) {
  if (!text.starts_with(prefix + ": ")) return false;
  text = text.substr(prefix.size() + 2);
  return true;
}

PhraseCase question(const std::string& file, int number, std::string text) {
  PhraseCase result;
  result.file = file.substr(file.rfind('/') + 1);
  result.line = number;
  for (const char* format : {"table", "json", "jsonl", "csv"})
    if (take_prefix(text, format)) result.format = format;
  if (take_prefix(text, "sql")) result.ask = PhraseCase::Ask::sql;
  if (take_prefix(text, "explain")) result.ask = PhraseCase::Ask::explain;
  if (take_prefix(text, "export")) result.ask = PhraseCase::Ask::exported;
  result.text = text;
  return result;
}

void add_error(PhraseCase& asked, const std::string& text) {
  const size_t colon = text.find(": ");
  asked.error_kind = text.substr(0, colon);
  asked.error_parts.push_back(colon == std::string::npos ? "" : text.substr(colon + 2));
}

}  // namespace

std::vector<PhraseCase> read_cases(const std::string& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error("cannot read " + file);
  std::vector<PhraseCase> cases;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.empty() || line[0] == '#') continue;
    const std::string rest = after(line, 2);
    if (line[0] == '?') {
      cases.push_back(question(file, number, rest));
      continue;
    }
    if (cases.empty()) throw std::runtime_error(file + " begins without a question");
    if (line[0] == '|')
      cases.back().answer.push_back({false, rest});
    else if (line[0] == '~')
      cases.back().answer.push_back({true, rest});
    else if (line == ".")
      cases.back().empty_answer = true;
    else if (line[0] == '!')
      add_error(cases.back(), rest);
    else
      throw std::runtime_error(file + ":" + std::to_string(number) + ": what is this line?");
  }
  return cases;
}

}  // namespace bygone::test
