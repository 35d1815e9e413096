#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include "store/format_text.h"

namespace bygone {
namespace {

TEST(FormatPage, DescribesTheTablesAsTheyAre) {
  std::ifstream in(BYGONE_FORMAT_PAGE);
  const std::string page(std::istreambuf_iterator<char>(in), {});
  EXPECT_THAT(page, testing::HasSubstr("<!-- generated: bygone_format_doc -->\n" + format_tables_text() +
                                       "<!-- end of generated -->\n"))
      << "run bygone_format_doc docs/format.md";
}

}  // namespace
}  // namespace bygone
