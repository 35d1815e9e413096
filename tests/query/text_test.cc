#include "query/text.h"

#include <gtest/gtest.h>

#include "query/row_writer.h"
#include "query/suggest.h"

namespace bygone::query {
namespace {

// Every byte sequence must come out as JSON and as harmless terminal text.
TEST(Text, BrokenUtf8BecomesReplacementCharacters) {
  EXPECT_EQ(json_string("caf\xc3\xa9"), "\"caf\xc3\xa9\"");
  EXPECT_EQ(json_string("\xff"), "\"\\ufffd\"");
  EXPECT_EQ(json_string("\xc0\xaf"), "\"\\ufffd\\ufffd\"") << "overlong";
  EXPECT_EQ(json_string("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"") << "surrogate";
  EXPECT_EQ(json_string("\xf4\x90\x80\x80"), "\"\\ufffd\\ufffd\\ufffd\\ufffd\"") << "beyond U+10FFFF";
  EXPECT_EQ(json_string("\xe2\x82"), "\"\\ufffd\\ufffd\"") << "cut short";
  EXPECT_EQ(json_string("\xf0\x9f\x98\x80"), "\"\xf0\x9f\x98\x80\"");
}

TEST(Text, JsonEscapesWhatItMust) {
  EXPECT_EQ(json_string("a\"b\\c\n\t\r\x01\x7f"), "\"a\\\"b\\\\c\\n\\t\\r\\u0001\\u007f\"");
  EXPECT_EQ(json_string(std::string_view("\0", 1)), "\"\\u0000\"");
}

TEST(Text, TerminalsGetNoControlCharacters) {
  EXPECT_EQ(table_text(std::string("\x1b]0;title\x07")), "\\x1b]0;title\\x07");
  EXPECT_EQ(table_text(std::string("\xc2\x9b")), "\\u009b");
  EXPECT_EQ(table_text(std::string("line\nnext")), "line\\nnext");
}

TEST(Text, CutsBetweenCharacters) {
  EXPECT_EQ(cut_to_width("abcdef", 6), "abcdef");
  EXPECT_EQ(cut_to_width("abcdef", 4), "abc…");
  EXPECT_EQ(cut_to_width("éééé", 3), "éé…");
  EXPECT_EQ(display_width("éé…"), 3u);
  EXPECT_EQ(cut_to_width("abc", 0), "");
}

TEST(Suggest, NearWordsOnly) {
  const std::vector<std::string> words = {"mappings", "event", "where"};
  EXPECT_EQ(nearest("evnet", words), "event");
  EXPECT_EQ(nearest("WHRE", words), "where");
  EXPECT_EQ(nearest("map", words), "mappings");
  EXPECT_EQ(nearest("xyzzy", words), "");
  EXPECT_EQ(nearest("", words), "");
  EXPECT_EQ(nearest(std::string(1000, 'e'), words), "");
}

std::string written(const Presentation& presentation, const ResultHeader& header,
                    const std::vector<Row>& rows) {
  std::string text;
  const auto writer = make_row_writer(presentation, [&](std::string_view part) {
    text += part;
    return Expected<void>{};
  });
  EXPECT_TRUE(writer->begin(header));
  for (const Row& row : rows) EXPECT_TRUE(writer->row(row));
  EXPECT_TRUE(writer->end());
  return text;
}

TEST(TableWriter, TakesFromTheWidestColumnToFit) {
  const ResultHeader header{{"n", "path"}, {}};
  const std::vector<Row> rows = {{int64_t(1), std::string("/a/rather/long/path")}};
  EXPECT_EQ(written({Format::table, 0}, header, rows), "n  path\n1  /a/rather/long/path\n");
  EXPECT_EQ(written({Format::table, 15}, header, rows), "n  path\n1  /a/rather/l…\n");
}

TEST(TableWriter, CutsAddressesLast) {
  const ResultHeader header{{"start", "path"}, {}};
  const std::vector<Row> rows = {{std::string("0x7ffffffde000"), std::string("/lib/x.so.1")}};
  EXPECT_EQ(written({Format::table, 25}, header, rows), "start           path\n0x7ffffffde000  /lib/x.s…\n");
  EXPECT_EQ(written({Format::table, 20}, header, rows), "start       path\n0x7ffffff…  /lib/x.…\n");
}

TEST(TableWriter, ColoursNamesAndErrorsOnATerminal) {
  const ResultHeader header{{"call", "error"}, {}};
  const std::vector<Row> rows = {{std::string("open"), std::string("ENOENT")}, {std::string("read"), {}}};
  EXPECT_EQ(written({Format::table, 80, Colour::terminal}, header, rows),
            "\x1b[1mcall\x1b[0m  \x1b[1merror\x1b[0m\nopen  \x1b[31mENOENT\x1b[0m\nread\n");
  EXPECT_EQ(written({Format::csv, 0, Colour::terminal}, header, rows),
            "call,error\r\nopen,ENOENT\r\nread,\r\n");
}

// Widths come from the first rows; what follows is never lost and never kept.
TEST(TableWriter, LateWideRowsStandOut) {
  std::vector<Row> rows(2500, Row{std::string("x"), int64_t(1)});
  rows.back() = {std::string("longer"), int64_t(2)};
  const std::string text = written({Format::table, 0}, {{"a", "b"}, {}}, rows);
  EXPECT_NE(text.find("\nx  1\n"), std::string::npos);
  EXPECT_TRUE(text.ends_with("\nlonger  2\n")) << text.substr(text.size() - 40);
}

TEST(CsvWriter, QuotesAsRfc4180Says) {
  const std::vector<Row> rows = {{std::string("a,b"), std::string("say \"hi\""), std::string("two\nlines")}};
  EXPECT_EQ(written({Format::csv, 0}, {{"x", "y", "z"}, {}}, rows),
            "x,y,z\r\n\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\"\r\n");
}

TEST(RowWriters, PassOnTheErrorsOfTheirSink) {
  for (const Format format : {Format::table, Format::json, Format::jsonl, Format::csv}) {
    const auto writer = make_row_writer(
        {format, 0}, [](std::string_view) { return Expected<void>(fail(ErrorKind::io, "sink", "full")); });
    bool failed = !writer->begin({{"a"}, {}});
    failed |= !writer->row(Row{int64_t(1)});
    failed |= !writer->end();
    EXPECT_TRUE(failed);
  }
}

}  // namespace
}  // namespace bygone::query
