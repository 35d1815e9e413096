#include "tests/support/maps_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <sstream>

namespace bygone::test {
namespace {

uint64_t hex(const std::string& text) {
  return std::stoull(text, nullptr, 16);
}

// start-end prot offset device inode path (proc(5)); the path may hold spaces.
MapsLine parse_line(const std::string& line) {
  MapsLine result;
  std::istringstream stream(line);
  std::string range, offset;
  stream >> range >> result.prot >> offset >> result.device >> result.inode;
  const size_t dash = range.find('-');
  result.start = hex(range.substr(0, dash));
  result.end = hex(range.substr(dash + 1));
  result.offset = hex(offset);
  std::getline(stream >> std::ws, result.path);
  return result;
}

bool goes_on(const MapsLine& lower, const MapsLine& upper) {
  const bool offset_goes_on = lower.inode == 0 || lower.offset + (lower.end - lower.start) == upper.offset;
  return lower.end == upper.start && lower.prot == upper.prot && lower.device == upper.device &&
         lower.inode == upper.inode && lower.path == upper.path && offset_goes_on;
}

}  // namespace

std::string MapsLine::text() const {
  return fmt::format("{:012x}-{:012x} {} {:08x} {} {} {}", start, end, prot, offset, device, inode, path);
}

std::vector<MapsSection> parse_sections(const std::string& output) {
  std::vector<MapsSection> sections;
  std::map<int, int> counts;
  std::istringstream stream(output);
  MapsSection* current = nullptr;
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with("== maps ")) {
      MapsSection section;
      std::istringstream head(line.substr(8));
      head >> section.process;
      std::getline(head >> std::ws, section.label);
      section.number = counts[section.process]++;
      current = &sections.emplace_back(std::move(section));
    } else if (line.empty()) {
      current = nullptr;
    } else if (current != nullptr) {
      current->lines.push_back(parse_line(line));
    }
  }
  return sections;
}

MapsAnswer parse_answer(const nlohmann::json& rows) {
  MapsAnswer answer;
  for (const auto& row : rows) {
    MapsLine line;
    line.start = hex(row.at("start").get<std::string>());
    line.end = hex(row.at("end").get<std::string>());
    line.prot = row.at("prot").get<std::string>();
    line.offset = hex(row.at("offset").get<std::string>());
    line.device = row.at("device").get<std::string>();
    line.inode = row.at("inode").get<uint64_t>();
    line.path = row.at("path").get<std::string>();
    (row.at("kind").get<std::string>() == "bygone" ? answer.own : answer.lines).push_back(std::move(line));
  }
  return answer;
}

std::vector<MapsLine> merged(std::vector<MapsLine> lines) {
  std::vector<MapsLine> result;
  for (MapsLine& line : lines) {
    if (!result.empty() && goes_on(result.back(), line))
      result.back().end = line.end;
    else
      result.push_back(std::move(line));
  }
  return result;
}

std::vector<MapsLine> without(const std::vector<MapsLine>& lines, const std::vector<MapsLine>& own) {
  std::vector<MapsLine> result;
  for (const MapsLine& line : lines) {
    const bool inside = std::any_of(own.begin(), own.end(), [&](const MapsLine& page) {
      return line.start >= page.start && line.end <= page.end;
    });
    if (!inside) result.push_back(line);
  }
  return result;
}

std::string text_of(const std::vector<MapsLine>& lines) {
  std::string text;
  for (const MapsLine& line : lines) text += line.text() + "\n";
  return text;
}

}  // namespace bygone::test
