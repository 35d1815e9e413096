// The SQLite extension, loaded into a connection that knows nothing of bygone.

#include <gmock/gmock.h>
#include <sqlite3.h>

#include <string>

#include "query/query.h"
#include "sample_recording.h"

namespace bygone::query {
namespace {

// A connection as any program would open it.
class Host {
 public:
  explicit Host(const std::string& file) {
    sqlite3_open_v2(file.c_str(), &connection_, SQLITE_OPEN_READONLY, nullptr);
    sqlite3_db_config(connection_, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1, nullptr);
  }
  ~Host() { sqlite3_close(connection_); }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // Empty where it worked. SQLite finds the entry point by the file's name.
  std::string load() {
    char* message = nullptr;
    const int status = sqlite3_load_extension(connection_, BYGONE_SQLITE_EXTENSION, nullptr, &message);
    std::string text = status == SQLITE_OK ? "" : message == nullptr ? "?" : message;
    sqlite3_free(message);
    return text;
  }
  std::string csv(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(connection_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK)
      return sqlite3_errmsg(connection_);
    std::string text;
    const auto add = [&](int column, const char* value) {
      text += std::string(column == 0 ? "" : ",") + (value == nullptr ? "" : value);
    };
    for (int i = 0; i < sqlite3_column_count(statement); ++i) add(i, sqlite3_column_name(statement, i));
    text += "\r\n";
    int status = SQLITE_ROW;
    while ((status = sqlite3_step(statement)) == SQLITE_ROW) {
      for (int i = 0; i < sqlite3_column_count(statement); ++i)
        add(i, reinterpret_cast<const char*>(sqlite3_column_text(statement, i)));
      text += "\r\n";
    }
    if (status != SQLITE_DONE) text += sqlite3_errmsg(connection_);
    sqlite3_finalize(statement);
    return text;
  }

 private:
  sqlite3* connection_ = nullptr;
};

std::string answered(RecordingReader& reader, const std::string& sql) {
  std::string text;
  const auto result = answer_sql(reader, sql, {{Format::csv, 0}, {}}, [&](std::string_view part) {
    text += part;
    return Expected<void>{};
  });
  return result ? text : result.error().message();
}

TEST(SqliteExtension, AnswersAsBygoneDoes) {
  test::SampleRecording sample;
  Host host(sqlite3_db_filename(sample.reader().connection(), "main"));
  ASSERT_EQ(host.load(), "");
  for (const char* sql :
       {"SELECT * FROM mappings_at(1, 1)", "SELECT change, path FROM mappings_between(4, 6, 1)",
        "SELECT event, task, call, error FROM frames", "SELECT event, call FROM frames_between(3, 9)",
        "SELECT register, value FROM registers_at(9)", "SELECT call_number, count, errors FROM call_totals()",
        "SELECT event, stream FROM outputs()", "SELECT descriptor, made_by FROM descriptors_at(20, 100)",
        "SELECT tid, tgid, parent, first_event, end_event FROM tasks", "SELECT * FROM signals",
        "SELECT program FROM execs WHERE event < 5",
        "SELECT syscall_name(257), errno_name(2), signal_name(11), address(4096), wait_status(768)",
        "SELECT f.event, m.path FROM frames AS f, mappings_at(f.event, 1) AS m WHERE f.call = 'mprotect'"}) {
    const std::string expected = answered(sample.reader(), sql);
    EXPECT_THAT(expected, testing::HasSubstr("\r\n")) << sql;
    EXPECT_EQ(host.csv(sql), expected) << sql;
  }
  EXPECT_EQ(host.csv("SELECT bygone_recording() AS name"), "name\r\nsample\r\n");
}

TEST(SqliteExtension, SaysWhatIsWrongWithTheHost) {
  EXPECT_THAT(Host(":memory:").load(), testing::HasSubstr("open the file of a recording first"));
  test::SampleRecording sample;
  const std::filesystem::path file = sqlite3_db_filename(sample.reader().connection(), "main");
  Host catalog(file.parent_path().parent_path() / "catalog.db");
  EXPECT_THAT(catalog.load(), testing::HasSubstr("not a recording"));
  Host host(file);
  ASSERT_EQ(host.load(), "");
  EXPECT_THAT(host.csv("SELECT * FROM mappings_at(-1, 1)"), testing::HasSubstr("event"));
}

TEST(SqliteExtension, MayBeLoadedAgain) {
  test::SampleRecording sample;
  Host host(sqlite3_db_filename(sample.reader().connection(), "main"));
  ASSERT_EQ(host.load(), "");
  ASSERT_EQ(host.load(), "");
  EXPECT_EQ(host.csv("SELECT count(*) AS n FROM mappings_at(1, 1)"), "n\r\n4\r\n");
}

}  // namespace
}  // namespace bygone::query
