#include "query/load_statement.h"

namespace bygone::query {
namespace {

struct Statement {
  std::string_view database;
  Format format;
  std::string_view text;
};

constexpr Statement kStatements[] = {
    {"duckdb", Format::csv,
     "CREATE TABLE frames AS SELECT * FROM read_csv('frames.csv', header = true, columns = {\n"
     "  'event': 'BIGINT', 'task': 'INTEGER', 'kind': 'VARCHAR', 'call': 'VARCHAR', 'result': 'BIGINT',\n"
     "  'error': 'VARCHAR', 'time': 'DOUBLE'});\n"},
    {"duckdb", Format::jsonl,
     "CREATE TABLE frames AS SELECT * FROM read_json('frames.jsonl', format = 'newline_delimited', columns = "
     "{\n"
     "  'event': 'BIGINT', 'task': 'INTEGER', 'kind': 'VARCHAR', 'call': 'VARCHAR', 'result': 'BIGINT',\n"
     "  'error': 'VARCHAR', 'time': 'DOUBLE'});\n"},
    {"clickhouse", Format::csv,
     "CREATE TABLE frames (event UInt64, task Int32, kind String, call Nullable(String),\n"
     "  result Nullable(Int64), error Nullable(String), time Float64) ENGINE = MergeTree ORDER BY event;\n"
     "INSERT INTO frames SELECT * FROM file('frames.csv', CSVWithNames,\n"
     "  'event UInt64, task Int32, kind String, call Nullable(String), result Nullable(Int64), "
     "error Nullable(String), time Float64');\n"},
    {"clickhouse", Format::jsonl,
     "CREATE TABLE frames (event UInt64, task Int32, kind String, call Nullable(String),\n"
     "  result Nullable(Int64), error Nullable(String), time Float64) ENGINE = MergeTree ORDER BY event;\n"
     "INSERT INTO frames SELECT * FROM file('frames.jsonl', JSONEachRow,\n"
     "  'event UInt64, task Int32, kind String, call Nullable(String), result Nullable(Int64), "
     "error Nullable(String), time Float64');\n"},
    {"postgresql", Format::csv,
     "CREATE TABLE frames (event bigint PRIMARY KEY, task integer NOT NULL, kind text NOT NULL, call text,\n"
     "  result bigint, error text, \"time\" double precision NOT NULL);\n"
     "\\copy frames FROM 'frames.csv' WITH (FORMAT csv, HEADER)\n"},
    // Read as csv with characters JSON has not: the text format would take its backslashes for itself.
    {"postgresql", Format::jsonl,
     "CREATE TABLE frames (event bigint PRIMARY KEY, task integer NOT NULL, kind text NOT NULL, call text,\n"
     "  result bigint, error text, \"time\" double precision NOT NULL);\n"
     "CREATE TEMP TABLE frame_line (line jsonb);\n"
     "\\copy frame_line FROM 'frames.jsonl' WITH (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')\n"
     "INSERT INTO frames SELECT f.* FROM frame_line, jsonb_populate_record(NULL::frames, line) AS f;\n"},
};

}  // namespace

std::optional<std::string_view> load_statement(std::string_view database, Format format) {
  for (const Statement& statement : kStatements)
    if (statement.database == database && statement.format == format) return statement.text;
  return std::nullopt;
}

}  // namespace bygone::query
