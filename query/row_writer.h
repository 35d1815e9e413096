#pragma once

// Results as text. A writer is fed one result: begin, any number of rows, end.

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "query/cell.h"
#include "schema/error.h"

namespace bygone::query {

// Takes text on its way out. An error ends the result and reaches whoever asked for it.
using TextSink = std::function<Expected<void>(std::string_view)>;

enum class Format { table, json, jsonl, csv };
std::optional<Format> format_of(std::string_view name);

enum class Shape {
  rows,
  object,  // exactly one row that describes one thing: a JSON object, a table of key and value
};

struct ResultHeader {
  std::vector<std::string> columns;
  Shape shape = Shape::rows;
};

enum class Colour { none, terminal };

struct Presentation {
  Format format = Format::table;
  // Tables wider than this are cut to fit, in columns of the terminal; 0 cuts nothing.
  size_t width = 0;
  // Of tables: names of columns in bold, errors in red (ECMA-48).
  Colour colour = Colour::none;
};

class RowWriter {
 public:
  virtual ~RowWriter() = default;
  virtual Expected<void> begin(const ResultHeader& header) = 0;
  // As many cells as there are columns.
  virtual Expected<void> row(std::span<const Cell> cells) = 0;
  virtual Expected<void> end() = 0;
};

// Formats stream: json and csv keep nothing, a table looks at its first rows to find its widths.
std::unique_ptr<RowWriter> make_row_writer(const Presentation& presentation, TextSink sink);

}  // namespace bygone::query
