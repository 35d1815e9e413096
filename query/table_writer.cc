#include "query/table_writer.h"

#include <algorithm>
#include <numeric>

#include "query/text.h"

namespace bygone::query {
namespace {

constexpr size_t kRowsToMeasure = 2000;
constexpr size_t kNarrowest = 8;  // no column is cut below this
constexpr std::string_view kGap = "  ";

bool is_number(const Cell& cell) {
  return std::holds_alternative<int64_t>(cell) || std::holds_alternative<double>(cell);
}

}  // namespace

Expected<void> TableWriter::begin(const ResultHeader& header) {
  header_ = header;
  numeric_.assign(header.columns.size(), true);
  stiff_.assign(header.columns.size(), true);
  for (const std::string& column : header.columns) widths_.push_back(display_width(column));
  return {};
}

Expected<void> TableWriter::row(std::span<const Cell> cells) {
  std::vector<std::string> texts;
  for (const Cell& cell : cells) texts.push_back(table_text(cell));
  if (widths_known_) return show(texts);
  for (size_t i = 0; i < texts.size(); ++i) {
    widths_[i] = std::max(widths_[i], display_width(texts[i]));
    if (is_number(cells[i]) || std::holds_alternative<std::monostate>(cells[i])) continue;
    numeric_[i] = false;
    if (!texts[i].starts_with("0x")) stiff_[i] = false;
  }
  kept_.push_back(std::move(texts));
  if (kept_.size() < kRowsToMeasure) return {};
  return show_kept();
}

Expected<void> TableWriter::end() {
  if (header_.shape == Shape::object) return show_object();
  return widths_known_ ? Expected<void>{} : show_kept();
}

// Takes from the widest column until the table fits or every column is narrow, from stiff ones last.
void TableWriter::fit_to_width() {
  if (width_ == 0 || widths_.empty()) return;
  const size_t gaps = (widths_.size() - 1) * kGap.size();
  size_t total = std::accumulate(widths_.begin(), widths_.end(), gaps);
  for (const bool stiff : {false, true}) {
    while (total > width_) {
      size_t* widest = nullptr;
      for (size_t i = 0; i < widths_.size(); ++i)
        if (stiff_[i] == stiff && (widest == nullptr || widths_[i] > *widest)) widest = &widths_[i];
      if (widest == nullptr || *widest <= kNarrowest) break;
      --*widest;
      --total;
    }
  }
}

std::string TableWriter::painted(size_t column, const std::string& text) const {
  if (colour_ == Colour::none || text.empty()) return text;
  if (!names_shown_) return "\x1b[1m" + text + "\x1b[0m";
  return header_.columns[column] == "error" ? "\x1b[31m" + text + "\x1b[0m" : text;
}

Expected<void> TableWriter::show_kept() {
  fit_to_width();
  widths_known_ = true;
  std::vector<std::string> names = header_.columns;
  BYGONE_TRY(show(names));
  names_shown_ = true;
  for (const auto& texts : kept_) BYGONE_TRY(show(texts));
  kept_.clear();
  return {};
}

Expected<void> TableWriter::show(const std::vector<std::string>& texts) {
  std::string line;
  for (size_t i = 0; i < texts.size(); ++i) {
    const std::string text = width_ == 0 ? texts[i] : cut_to_width(texts[i], widths_[i]);
    const size_t shown = display_width(text);
    const std::string padding(shown < widths_[i] ? widths_[i] - shown : 0, ' ');
    if (i != 0) line += kGap;
    line += numeric_[i] ? padding + painted(i, text) : painted(i, text) + padding;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return sink_(line + "\n");
}

Expected<void> TableWriter::show_object() {
  size_t widest = 0;
  for (const std::string& column : header_.columns) widest = std::max(widest, display_width(column));
  for (const auto& texts : kept_) {
    for (size_t i = 0; i < texts.size(); ++i) {
      const std::string& name = header_.columns[i];
      const size_t room = width_ > widest + kGap.size() + kNarrowest ? width_ - widest - kGap.size() : 0;
      const std::string text = room == 0 ? texts[i] : cut_to_width(texts[i], room);
      BYGONE_TRY(sink_(painted(i, name) + std::string(widest - display_width(name), ' ') + std::string(kGap) +
                       text + "\n"));
    }
  }
  return {};
}

}  // namespace bygone::query
