// Recordings of strangers: whatever a file holds, questions end in an answer or in an error that does not
// blame bygone.

#include <gmock/gmock.h>
#include <sqlite3.h>

#include <fstream>
#include <random>

#include "query/export.h"
#include "query/query.h"
#include "sample_recording.h"

namespace bygone::query {
namespace {

constexpr const char* kPhrases[] = {"info",
                                    "tasks",
                                    "tree",
                                    "mappings at event 6",
                                    "mappings between 4 and 17",
                                    "history of 600000",
                                    "frames",
                                    "frames 3..9 where call = openat or failed",
                                    "calls by time",
                                    "execs",
                                    "signals",
                                    "output",
                                    "files",
                                    "who mapped *",
                                    "who opened *",
                                    "descriptors at event 9",
                                    "registers of 100 at event 9"};

// What somebody could have written into a recording with SQLite at hand.
constexpr const char* kEdits[] = {
    "UPDATE frame SET event = event + 9223372036854775000 WHERE event > 20",
    "UPDATE frame SET event = -event",
    "UPDATE frame SET task = 'x', kind = 300, call = -1, result = x'00', time_ns = -5",
    "DELETE FROM frame WHERE event = 7",
    "UPDATE frame_chunk SET registers = zeroblob(6000000)",
    "UPDATE frame_chunk SET registers = substr(registers, 1, 20)",
    "UPDATE frame_chunk SET last_event = 9223372036854775807",
    "UPDATE blob SET bytes = x'28b52ffd'",
    "UPDATE blob SET size_bytes = -1",
    "UPDATE output SET blob_offset_bytes = 9223372036854775807, blob_size_bytes = 9223372036854775807",
    "UPDATE output SET blob = -9223372036854775808",
    "UPDATE mapping SET start = \"end\", \"end\" = start",
    "UPDATE mapping SET prot = 'zzzz', device = 7, kind = 99",
    "UPDATE mapping SET end_event = 0",
    "UPDATE mapping SET path = CAST(x'ff00fe' AS TEXT)",
    "UPDATE task SET parent = tid",
    "UPDATE task SET first_event = 9223372036854775807, end_event = -1",
    "UPDATE task SET tid = 9223372036854775807",
    "DELETE FROM task",
    "UPDATE header SET value = printf('%1000000d', 1)",
    "DELETE FROM header",
    "UPDATE call_name SET name = ''",
    "UPDATE path_argument SET argument = -1, flags = 'x', path = NULL",
    "UPDATE chunk_call SET first_event = -9223372036854775808, last_event = 9223372036854775807",
    "UPDATE chunk_task SET first_event = 'a', last_event = x'00'",
    "UPDATE signal SET signal = 4000, position = 77, action = -1",
    "UPDATE mapping_checkpoint SET mappings = x'ffffffffffffffffffff'",
    "DROP TABLE path_argument; CREATE VIEW path_argument AS SELECT 1 AS event, 1 AS argument, 1 AS flags, "
    "'x' AS path",
    "DROP TABLE chunk_task; CREATE VIEW chunk_task AS SELECT 100 AS task, 1 AS first_event, 9 AS last_event",
    "DROP TABLE chunk_call; CREATE TABLE chunk_call(call, first_event, last_event AS "
    "(abs(-9223372036854775807 - 1)))",
    "DROP INDEX path_argument_by_path; CREATE INDEX path_argument_by_path ON path_argument(abs(event))",
    "CREATE TRIGGER t AFTER INSERT ON frame BEGIN SELECT 1; END",
    "DROP TABLE frame; CREATE VIEW frame AS SELECT 1 AS event, 1 AS task, 1 AS kind, 1 AS call, 1 AS result, "
    "1 AS time_ns",
};

class HostileRecording : public testing::Test {
 protected:
  HostileRecording() : good_(test::read_file(sqlite3_db_filename(sample_.reader().connection(), "main"))) {}

  std::filesystem::path write(const std::string& bytes) const {
    const auto file = directory_ / "hostile.db";
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
    return file;
  }
  // Asks everything; counts what was answered.
  int ask(const std::filesystem::path& file) const {
    const auto check = [](const Error& error, const char* phrase) {
      EXPECT_NE(error.kind, ErrorKind::internal) << phrase << ": " << error.message();
      EXPECT_FALSE(error.message().empty()) << phrase;
    };
    const auto reader = RecordingReader::open(file, {});
    if (!reader) {
      check(reader.error(), "open");
      return 0;
    }
    int answers = 0;
    for (const char* phrase : kPhrases) {
      const auto answered = answer(**reader, phrase, {{Format::jsonl, 0}, 1000},
                                   [](std::string_view) { return Expected<void>{}; });
      if (!answered) check(answered.error(), phrase);
      answers += answered ? 1 : 0;
    }
    const auto nowhere = [](std::string_view) { return Expected<void>{}; };
    for (const auto& exported : {export_strace(**reader, {}, nowhere), export_chrome_json(**reader, nowhere),
                                 export_perfetto(**reader, nowhere)}) {
      if (!exported) check(exported.error(), "export");
      answers += exported ? 1 : 0;
    }
    return answers;
  }

  test::SampleRecording sample_;
  test::ScratchFolder directory_;
  std::string good_;
};

TEST_F(HostileRecording, AllIsAnsweredWhereNothingIsWrong) {
  EXPECT_EQ(ask(write(good_)), int(std::size(kPhrases)) + 3);
}

TEST_F(HostileRecording, WhatTheTablesHoldIsNotTrusted) {
  for (const char* edit : kEdits) {
    SCOPED_TRACE(edit);
    const auto file = write(good_);
    sqlite3* database = nullptr;
    sqlite3_open(file.c_str(), &database);
    char* problem = nullptr;
    ASSERT_EQ(sqlite3_exec(database, edit, nullptr, nullptr, &problem), SQLITE_OK) << problem;
    sqlite3_close(database);
    ask(file);
  }
}

TEST_F(HostileRecording, BytesOfAnyKindMayBeWrong) {
  std::mt19937_64 random(20150801);
  for (int round = 0; round < 120; ++round) {
    SCOPED_TRACE(round);
    std::string bytes = good_;
    const size_t changes = size_t{1} << (random() % 8);
    for (size_t i = 0; i < changes; ++i) bytes[random() % bytes.size()] = char(random());
    if (round % 10 == 9) bytes.resize(random() % bytes.size());
    if (round % 10 == 8) bytes.replace(random() % 30 * 1024, 1024, bytes, random() % 30 * 1024, 1024);
    ask(write(bytes));
  }
}

}  // namespace
}  // namespace bygone::query
