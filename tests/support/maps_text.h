#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace bygone::test {

// One mapping as both /proc/PID/maps and an answer of `mappings at event N` tell it.
struct MapsLine {
  uint64_t start = 0;
  uint64_t end = 0;
  std::string prot;
  uint64_t offset = 0;
  std::string device;
  uint64_t inode = 0;
  std::string path;

  bool operator==(const MapsLine&) const = default;
  std::string text() const;
};

// A section of a program's output as print_maps() (tests/programs/maps.h) writes it.
struct MapsSection {
  int process = 0;
  int number = 0;  // counted from 0 within the process
  std::string label;
  std::vector<MapsLine> lines;
};

std::vector<MapsSection> parse_sections(const std::string& output);

// Rows of an answer without bygone's own pages, and the ranges of those.
struct MapsAnswer {
  std::vector<MapsLine> lines;
  std::vector<MapsLine> own;
};
MapsAnswer parse_answer(const nlohmann::json& rows);

// Adjacent mappings that differ in nothing but their position become one.
std::vector<MapsLine> merged(std::vector<MapsLine> lines);
// `lines` without those that lie inside one of `own`.
std::vector<MapsLine> without(const std::vector<MapsLine>& lines, const std::vector<MapsLine>& own);

std::string text_of(const std::vector<MapsLine>& lines);

}  // namespace bygone::test
