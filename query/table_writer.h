#pragma once

#include <string>
#include <utility>
#include <vector>

#include "query/row_writer.h"

namespace bygone::query {

// Aligned columns under their names, numbers to the right. The first rows decide the widths; later rows that
// need more room get it and stand out, so that nothing has to be kept. A width of 0 cuts nothing; where there
// is one, columns of addresses are cut last: half of an address is none.
class TableWriter : public RowWriter {
 public:
  TableWriter(size_t width, Colour colour, TextSink sink)
      : width_(width), colour_(colour), sink_(std::move(sink)) {}

  Expected<void> begin(const ResultHeader& header) override;
  Expected<void> row(std::span<const Cell> cells) override;
  Expected<void> end() override;

 private:
  Expected<void> show_kept();
  Expected<void> show(const std::vector<std::string>& texts);
  Expected<void> show_object();
  void fit_to_width();
  std::string painted(size_t column, const std::string& text) const;

  const size_t width_;
  const Colour colour_;
  const TextSink sink_;
  ResultHeader header_;
  bool widths_known_ = false;
  std::vector<std::vector<std::string>> kept_;  // rows seen before the widths are known
  std::vector<size_t> widths_;
  std::vector<bool> numeric_;
  std::vector<bool> stiff_;  // nothing but addresses and numbers
  bool names_shown_ = false;
};

}  // namespace bygone::query
