#include "query/suggest.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <numeric>

namespace bygone::query {
namespace {

constexpr size_t kLongestCompared = 40;

// How many letters must be changed, added, removed or swapped with their neighbour (optimal string
// alignment).
size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> table(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) table[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) table[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t cost = std::tolower(a[i - 1]) == std::tolower(b[j - 1]) ? 0 : 1;
      table[i][j] = std::min({table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + cost});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        table[i][j] = std::min(table[i][j], table[i - 2][j - 2] + 1);
    }
  }
  return table[a.size()][b.size()];
}

}  // namespace

std::string nearest(std::string_view typed, std::span<const std::string> candidates) {
  if (typed.empty() || typed.size() > kLongestCompared) return {};
  const size_t tolerated = typed.size() <= 3 ? 1 : typed.size() <= 6 ? 2 : 3;
  std::string best;
  size_t best_distance = tolerated + 1;
  for (const std::string& candidate : candidates) {
    const size_t changes = distance(typed, candidate);
    if (changes >= best_distance || changes >= candidate.size()) continue;
    best_distance = changes;
    best = candidate;
  }
  if (!best.empty()) return best;
  // "maps" for "mappings"
  constexpr size_t kSharedStart = 3;
  for (const std::string& candidate : candidates)
    if (typed.size() >= kSharedStart && candidate.starts_with(typed.substr(0, kSharedStart)))
      return candidate;
  return {};
}

std::string did_you_mean(std::string_view typed, std::span<const std::string> candidates) {
  const std::string best = nearest(typed, candidates);
  return best.empty() ? best : fmt::format("did you mean '{}'?", best);
}

std::string alternatives(std::span<const std::string> words) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i != 0) text += i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

}  // namespace bygone::query
