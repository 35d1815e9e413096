#include "query/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace bygone::query {
namespace {

// The length of the well-formed UTF-8 sequence at the start of `text`, 0 if there is none (RFC 3629).
size_t utf8_length(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? uint8_t(text[i]) : uint8_t(0); };
  const auto continues = [&](size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const uint8_t first = byte(0);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  if (!continues(1)) return 0;
  if (first < 0xe0) return 2;
  const uint8_t second = byte(1);
  if (first < 0xf0) {
    const bool overlong = first == 0xe0 && second < 0xa0;
    const bool surrogate = first == 0xed && second > 0x9f;
    return !overlong && !surrogate && continues(2) ? 3 : 0;
  }
  const bool overlong = first == 0xf0 && second < 0x90;
  const bool beyond = first == 0xf4 && second > 0x8f;
  return !overlong && !beyond && continues(2) && continues(3) ? 4 : 0;
}

std::string hex(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) text += fmt::format("{:02x}", uint8_t(c));
  return text;
}

std::string number(double value) {
  return std::isfinite(value) ? fmt::format("{}", value) : std::string();
}

std::string plain_text(const Cell& cell) {
  if (const auto* integer = std::get_if<int64_t>(&cell)) return std::to_string(*integer);
  if (const auto* real = std::get_if<double>(&cell)) return number(*real);
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  if (const auto* blob = std::get_if<Blob>(&cell)) return hex(blob->bytes);
  return {};
}

}  // namespace

std::string json_string(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    const auto c = uint8_t(text.front());
    if (length == 0) {
      out += "\\ufffd";
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += char(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c < 0x20 || c == 0x7f) {
      out += fmt::format("\\u{:04x}", c);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out + '"';
}

std::string utf8_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    out += length == 0 ? std::string_view("\xef\xbf\xbd") : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

std::string json_value(const Cell& cell) {
  if (std::holds_alternative<std::monostate>(cell)) return "null";
  if (const auto* real = std::get_if<double>(&cell)) return std::isfinite(*real) ? number(*real) : "null";
  if (std::holds_alternative<int64_t>(cell)) return plain_text(cell);
  return json_string(plain_text(cell));
}

void append_csv_field(const Cell& cell, std::string& line) {
  const auto* text = std::get_if<std::string>(&cell);
  if (text == nullptr) {
    line += plain_text(cell);  // numbers and hex: nothing to quote
    return;
  }
  const auto quoted_with = [](char c) { return c == ',' || c == '"' || c == '\r' || c == '\n'; };
  if (std::none_of(text->begin(), text->end(), quoted_with)) {
    line += *text;
    return;
  }
  line += '"';
  for (const char c : *text) {
    if (c == '"') line += '"';
    line += c;
  }
  line += '"';
}

std::string table_text(const Cell& cell) {
  const std::string plain = plain_text(cell);
  std::string_view text = plain;
  std::string out;
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    const auto c = uint8_t(text.front());
    // C1 controls (U+0080..U+009F) drive terminals as well as C0 does.
    const bool c1 = length == 2 && c == 0xc2 && uint8_t(text[1]) < 0xa0;
    if (length == 0) {
      out += fmt::format("\\x{:02x}", c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c < 0x20 || c == 0x7f) {
      out += fmt::format("\\x{:02x}", c);
    } else if (c1) {
      out += fmt::format("\\u{:04x}", uint8_t(text[1]));
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

size_t display_width(std::string_view text) {
  size_t width = 0;
  for (const char c : text) width += (uint8_t(c) & 0xc0) != 0x80 ? 1 : 0;
  return width;
}

std::string cut_to_width(std::string_view text, size_t width) {
  if (display_width(text) <= width) return std::string(text);
  if (width == 0) return {};
  size_t end = 0;
  for (size_t shown = 0; end < text.size(); ++end) {
    if ((uint8_t(text[end]) & 0xc0) == 0x80) continue;
    if (++shown == width) break;
  }
  return std::string(text.substr(0, end)) + "…";
}

}  // namespace bygone::query
