#include "query/row_writer.h"

#include <utility>

#include "query/table_writer.h"
#include "query/text.h"

namespace bygone::query {
namespace {

class JsonWriter : public RowWriter {
 public:
  explicit JsonWriter(TextSink sink) : sink_(std::move(sink)) {}

  Expected<void> begin(const ResultHeader& header) override {
    shape_ = header.shape;
    for (const std::string& column : header.columns) keys_.push_back(json_string(column));
    return {};
  }

  Expected<void> row(std::span<const Cell> cells) override {
    const bool object = shape_ == Shape::object;
    std::string text = object ? "{" : rows_ == 0 ? "[\n  {" : ",\n  {";
    for (size_t i = 0; i < keys_.size(); ++i) {
      text += i == 0 ? "" : object ? "," : ", ";
      text += (object ? "\n  " : "") + keys_[i] + ": " + json_value(cells[i]);
    }
    text += object ? "\n}\n" : "}";
    ++rows_;
    return sink_(text);
  }

  Expected<void> end() override {
    if (shape_ == Shape::object) return rows_ == 0 ? sink_("{}\n") : Expected<void>{};
    return sink_(rows_ == 0 ? "[]\n" : "\n]\n");
  }

 private:
  TextSink sink_;
  Shape shape_ = Shape::rows;
  std::vector<std::string> keys_;
  size_t rows_ = 0;
};

class JsonLinesWriter : public RowWriter {
 public:
  explicit JsonLinesWriter(TextSink sink) : sink_(std::move(sink)) {}

  Expected<void> begin(const ResultHeader& header) override {
    for (const std::string& column : header.columns) keys_.push_back(json_string(column));
    return {};
  }
  Expected<void> row(std::span<const Cell> cells) override {
    std::string text = "{";
    for (size_t i = 0; i < keys_.size(); ++i)
      text += (i == 0 ? "" : ",") + keys_[i] + ":" + json_value(cells[i]);
    return sink_(text + "}\n");
  }
  Expected<void> end() override { return {}; }

 private:
  TextSink sink_;
  std::vector<std::string> keys_;
};

// RFC 4180: lines end with CR LF, the first one names the columns.
class CsvWriter : public RowWriter {
 public:
  explicit CsvWriter(TextSink sink) : sink_(std::move(sink)) {}

  Expected<void> begin(const ResultHeader& header) override {
    const Row names(header.columns.begin(), header.columns.end());
    return row(names);
  }
  Expected<void> row(std::span<const Cell> cells) override {
    line_.clear();
    for (size_t i = 0; i < cells.size(); ++i) {
      if (i != 0) line_ += ',';
      append_csv_field(cells[i], line_);
    }
    // A lone empty field would be an empty line, which readers skip.
    if (cells.size() == 1 && line_.empty()) line_ = "\"\"";
    line_ += "\r\n";
    return sink_(line_);
  }
  Expected<void> end() override { return {}; }

 private:
  TextSink sink_;
  std::string line_;
};

}  // namespace

std::optional<Format> format_of(std::string_view name) {
  if (name == "table") return Format::table;
  if (name == "json") return Format::json;
  if (name == "jsonl") return Format::jsonl;
  if (name == "csv") return Format::csv;
  return std::nullopt;
}

std::unique_ptr<RowWriter> make_row_writer(const Presentation& presentation, TextSink sink) {
  switch (presentation.format) {
    case Format::json:
      return std::make_unique<JsonWriter>(std::move(sink));
    case Format::jsonl:
      return std::make_unique<JsonLinesWriter>(std::move(sink));
    case Format::csv:
      return std::make_unique<CsvWriter>(std::move(sink));
    case Format::table:
      break;
  }
  return std::make_unique<TableWriter>(presentation.width, presentation.colour, std::move(sink));
}

}  // namespace bygone::query
