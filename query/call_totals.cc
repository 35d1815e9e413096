#include "query/call_totals.h"

#include <fmt/core.h>
#include <sqlite3.h>

#include <map>
#include <unordered_map>

#include "query/arguments.h"
#include "query/select.h"
#include "schema/rows.h"

namespace bygone::query {
namespace {

struct Total {
  int64_t count = 0;
  int64_t errors = 0;
  int64_t took_ns = 0;
};

bool is_call(FrameKind kind) {
  return kind == FrameKind::syscall || kind == FrameKind::enter || kind == FrameKind::exec ||
         kind == FrameKind::clone;
}

class Totals {
 public:
  void add(int64_t task, FrameKind kind, int64_t call, int64_t result, int64_t time_ns) {
    const auto [previous, first] = last_ns_.try_emplace(task, time_ns);
    const int64_t took_ns = time_ns > previous->second ? time_ns - previous->second : 0;
    previous->second = time_ns;
    if (!is_call(kind)) return;
    Total& total = by_call_[call];
    total.took_ns += took_ns;
    if (kind == FrameKind::enter) return;  // the call's return is still to come and counts
    ++total.count;
    if (result < 0 && result >= -4095) ++total.errors;
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
  std::unordered_map<int64_t, int64_t> last_ns_;
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
