#pragma once

// Cells and foreign bytes as safe text.

#include <string>
#include <string_view>

#include "query/cell.h"

namespace bygone::query {

// A JSON value. Bytes that are not UTF-8 become U+FFFD, so that the result always is JSON; blobs become hex.
std::string json_value(const Cell& cell);
std::string json_string(std::string_view text);

// Bytes that are not UTF-8 become U+FFFD.
std::string utf8_text(std::string_view text);

// Adds a CSV field as RFC 4180 has it; NULL is the empty field.
void append_csv_field(const Cell& cell, std::string& line);

// For a table on a terminal: control characters and broken UTF-8 are shown as escapes, never sent.
std::string table_text(const Cell& cell);

// How many columns of a terminal text takes that table_text() made: code points, not bytes.
size_t display_width(std::string_view text);
// The longest beginning that is at most `width` wide, ended by an ellipsis if anything was cut.
std::string cut_to_width(std::string_view text, size_t width);

}  // namespace bygone::query
