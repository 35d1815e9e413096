#include "phrase_cases.h"

#include <algorithm>
#include <filesystem>
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

void ask(PhraseCase& result, std::string text) {
  for (const char* format : {"table", "json", "jsonl", "csv"})
    if (take_prefix(text, format)) result.format = format;
  if (take_prefix(text, "sql")) result.ask = PhraseCase::Ask::sql;
  if (take_prefix(text, "explain")) result.ask = PhraseCase::Ask::explain;
  if (take_prefix(text, "export")) result.ask = PhraseCase::Ask::exported;
  result.text = text;
}

void add_error(PhraseCase& asked, const std::string& text) {
  const size_t colon = text.find(": ");
  asked.error_kind = text.substr(0, colon);
  asked.error_parts.push_back(colon == std::string::npos ? "" : text.substr(colon + 2));
}

// How many questions the line begins.
int add_line(PhraseCase& asked, const std::string& line) {
  const std::string rest = after(line, 2);
  switch (line.empty() ? '#' : line[0]) {
    case '#':
      return 0;
    case '@':
      asked.recording = rest;
      return 0;
    case '?':
      ask(asked, rest);
      return 1;
    case '|':
      asked.answer.push_back({false, rest});
      return 0;
    case '~':
      asked.answer.push_back({true, rest});
      return 0;
    case '.':
      asked.empty_answer = true;
      return 0;
    case '!':
      add_error(asked, rest);
      return 0;
    default:
      throw std::runtime_error(asked.file + ": what is this line? " + line);
  }
}

PhraseCase read_case(const std::filesystem::path& path, const std::filesystem::path& folder) {
  std::ifstream in(path);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  PhraseCase asked;
  asked.file = std::filesystem::relative(path, folder);
  int questions = 0;
  for (std::string line; std::getline(in, line);) questions += add_line(asked, line);
  if (questions != 1 || asked.recording.empty())
    throw std::runtime_error(asked.file + ": it must name a recording and ask one question");
  return asked;
}

}  // namespace

std::vector<PhraseCase> read_cases(const std::string& folder) {
  std::vector<PhraseCase> cases;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".txt") cases.push_back(read_case(entry.path(), folder));
  std::sort(cases.begin(), cases.end(), [](const auto& a, const auto& b) { return a.file < b.file; });
  return cases;
}

}  // namespace bygone::test
