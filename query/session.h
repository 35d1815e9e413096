#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "query/call_names.h"
#include "query/row_function.h"
#include "query/row_writer.h"
#include "schema/machine.h"
#include "store/recording_reader.h"

struct sqlite3_stmt;

namespace bygone::query {

// SQL over one recording with bygone's views and functions (docs/query.md). Safe on files from strangers:
// nothing but SELECT passes, nothing outside the recording can be reached, and what a file's own schema
// defines is not trusted. Uses the reader's connection: one session at a time,
// which the reader must outlive. Not thread-safe.
class Session {
 public:
  // `machine` answers what takes a replay; without one such questions fail with unavailable.
  static Expected<std::unique_ptr<Session>> open(RecordingReader& recording, Machine* machine = nullptr);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  RecordingReader& recording() { return recording_; }
  const CallNames& call_names() const { return call_names_; }

  // Streams the rows of one SELECT. `limit` bounds them; nothing means all.
  Expected<void> run(const std::string& sql, Shape shape, std::optional<uint64_t> limit, RowWriter& writer);

  // What SQLite would do, one step a line (EXPLAIN QUERY PLAN).
  Expected<std::vector<std::string>> query_plan(const std::string& sql);

  // For answers of a single number; nothing if there is no row or it is NULL.
  Expected<std::optional<int64_t>> number(const std::string& sql);

 private:
  class Guard;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

  explicit Session(RecordingReader& recording) : recording_(recording) {}
  Expected<void> define_functions(Machine* machine);
  Expected<void> define_views();
  Expected<void> create_views();
  Expected<Statement> prepare(const std::string& sql);
  Expected<void> for_each_row(const std::string& sql,
                              const std::function<Expected<bool>(std::span<const Cell>)>& visit,
                              const std::function<Expected<void>(const ResultHeader&)>& begin);
  Error error_of(int status, std::string_view sql);

  RecordingReader& recording_;
  CallNames call_names_;
  RowFunctionState functions_;
};

}  // namespace bygone::query
