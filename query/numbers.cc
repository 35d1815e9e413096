#include "query/numbers.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace bygone::query {
namespace {

std::optional<uint64_t> digits(std::string_view text, int base) {
  std::string plain;
  for (const char c : text)
    if (c != '_') plain += c;
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(plain.data(), plain.data() + plain.size(), value, base);
  if (plain.empty() || error != std::errc{} || end != plain.data() + plain.size()) return std::nullopt;
  return value;
}

bool take_hex_prefix(std::string_view& text) {
  if (!text.starts_with("0x") && !text.starts_with("0X")) return false;
  text.remove_prefix(2);
  return true;
}

}  // namespace

std::optional<uint64_t> parse_count(std::string_view text) {
  const bool hex = take_hex_prefix(text);
  return digits(text, hex ? 16 : 10);
}

std::optional<uint64_t> parse_address(std::string_view text) {
  take_hex_prefix(text);
  return digits(text, 16);
}

std::optional<int64_t> parse_integer(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  unsigned shift = 0;
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  if (!hex) {
    for (const std::string_view ending : {"iB", "B"})
      if (text.size() > ending.size() + 1 && text.ends_with(ending)) text.remove_suffix(ending.size());
    constexpr std::string_view kUnits = "KMGT";
    const size_t unit =
        text.empty() ? std::string_view::npos : kUnits.find(text.back() == 'k' ? 'K' : text.back());
    if (unit != std::string_view::npos) {
      shift = unsigned(unit + 1) * 10;
      text.remove_suffix(1);
    }
  }
  const auto value = parse_count(text);
  // Results that are addresses may have the top bit set; they are typed as hex.
  const uint64_t limit = hex && !negative ? std::numeric_limits<uint64_t>::max() : uint64_t(INT64_MAX);
  if (!value || *value > (limit >> shift)) return std::nullopt;
  const auto scaled = int64_t(*value << shift);
  return negative ? -scaled : scaled;
}

std::optional<double> parse_percentage(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  text.remove_suffix(1);
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && value >= 0 && value <= 100 ? std::optional(value) : std::nullopt;
}

std::optional<uint64_t> parse_duration(std::string_view text) {
  constexpr std::pair<std::string_view, double> kUnits[] = {
      {"ns", 1},       {"us", 1e3},  {"ms", 1e6}, {"min", 60e9}, {"minutes", 60e9}, {"seconds", 1e9},
      {"second", 1e9}, {"sec", 1e9}, {"s", 1e9},  {"m", 60e9},   {"h", 3600e9},     {"d", 86400e9}};
  double scale = 1e9;
  for (const auto& [unit, nanoseconds] : kUnits) {
    if (!text.ends_with(unit)) continue;
    scale = nanoseconds;
    text.remove_suffix(unit.size());
    break;
  }
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  const double nanoseconds = std::round(value * scale);
  if (!(nanoseconds >= 0 && nanoseconds < 9e18)) return std::nullopt;
  return uint64_t(nanoseconds);
}

}  // namespace bygone::query
