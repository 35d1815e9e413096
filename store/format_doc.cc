// Prints the generated part of docs/format.md; `bygone_format_doc FILE` puts it into that file between its
// marks.

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "store/format_text.h"

int main(int argc, char** argv) {
  const std::string tables = bygone::format_tables_text();
  if (argc < 2) {
    std::fputs(tables.c_str(), stdout);
    return 0;
  }
  std::string page;
  {
    std::ifstream in(argv[1]);
    page.assign(std::istreambuf_iterator<char>(in), {});
  }
  const std::string begin = "<!-- generated: bygone_format_doc -->\n";
  const std::string end = "<!-- end of generated -->\n";
  const size_t from = page.find(begin);
  const size_t to = page.find(end);
  if (from == std::string::npos || to == std::string::npos || to < from) {
    std::fprintf(stderr, "bygone_format_doc: %s: lacks the marks of the generated part\n", argv[1]);
    return 1;
  }
  page.replace(from + begin.size(), to - from - begin.size(), tables);
  std::ofstream out(argv[1], std::ios::trunc);
  out << page;
  return out.good() ? 0 : 1;
}
