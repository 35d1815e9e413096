#include "query/call_totals.h"

#include <fmt/core.h>
#include <sqlite3.h>

#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "query/arguments.h"
#include "query/names.h"
#include "query/select.h"
#include "query/timeline.h"
#include "schema/rows.h"

namespace bygone::query {
namespace {

struct Total {
  int64_t count = 0;
  int64_t errors = 0;
  int64_t took_ns = 0;
};

class Totals {
 public:
  void add(int64_t task, FrameKind kind, int64_t call, int64_t result, int64_t time_ns) {
    Last& last = last_.try_emplace(task, Last{time_ns, {}}).first->second;
    const int64_t took_ns = time_ns > last.time_ns ? time_ns - last.time_ns : 0;
    last.time_ns = time_ns;
    if (kind == FrameKind::exit) last_.erase(task);
    if (!is_call(kind)) return;
    Total& total = by_call_[call];
    total.took_ns += took_ns;
    if (kind == FrameKind::enter) return;  // the call's return is still to come and counts
    // A call that makes a task has counted when that was there: it may never return.
    const auto made_task = std::exchange(last.made_task, {});
    if (kind == FrameKind::syscall && made_task == call) return;
    if (kind == FrameKind::clone) last.made_task = call;
    ++total.count;
    if (is_error_result(result)) ++total.errors;
  }

  std::vector<Row> rows() const {
    std::vector<Row> rows;
    for (const auto& [call, total] : by_call_) {
      const double microseconds = double(total.took_ns) / 1e3;
      rows.push_back({call, total.count, total.errors, double(total.took_ns) / 1e9,
                      total.count == 0 ? Cell{} : Cell{microseconds / double(total.count)}});
    }
    return rows;
  }

 private:
  struct Last {
    int64_t time_ns = 0;
    std::optional<int64_t> made_task;  // the call, which has not returned
  };

  std::unordered_map<int64_t, Last> last_;  // by task
  std::map<int64_t, Total> by_call_;
};

Expected<std::string> whose(const Row& arguments) {
  if (!std::holds_alternative<std::monostate>(arguments[0])) {
    BYGONE_ASSIGN(const uint64_t task, positive(arguments[0], "call_totals", "task"));
    return fmt::format(" WHERE task = {}", task);
  }
  if (std::holds_alternative<std::monostate>(arguments[1])) return std::string();
  BYGONE_ASSIGN(const uint64_t process, positive(arguments[1], "call_totals", "process"));
  return fmt::format(" WHERE task IN (SELECT tid FROM main.task WHERE tgid = {})", process);
}

}  // namespace

RowFunction call_totals(RecordingReader& recording) {
  const auto rows = [&recording](const Row& arguments) -> Expected<std::vector<Row>> {
    BYGONE_ASSIGN(const std::string filter, whose(arguments));
    Totals totals;
    BYGONE_TRY(
        for_each_step(recording.connection(),
                      "SELECT task, kind, call, result, time_ns FROM main.frame" + filter + " ORDER BY event",
                      [&](sqlite3_stmt* row) {
                        totals.add(sqlite3_column_int64(row, 0), FrameKind(sqlite3_column_int(row, 1)),
                                   sqlite3_column_int64(row, 2), sqlite3_column_int64(row, 3),
                                   sqlite3_column_int64(row, 4));
                      }));
    return totals.rows();
  };
  return {"call_totals",
          {"call_number", "count", "errors", "seconds", "average_us"},
          {"task", "process"},
          0,
          rows};
}

}  // namespace bygone::query
