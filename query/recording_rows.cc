#include "query/recording_rows.h"

#include <fmt/core.h>

#include <map>

#include "query/arguments.h"
#include "query/call_totals.h"
#include "query/descriptors.h"
#include "query/names.h"
#include "query/select.h"

namespace bygone::query {
namespace {

// Output is read by pieces of so many events.
constexpr int kOutputEvents = 256;

// The rows of the next piece, from event `unread` on, which then moves behind it.
Expected<std::vector<Row>> next_outputs(RecordingReader& recording, uint64_t& unread, uint64_t until) {
  BYGONE_ASSIGN(
      const auto events,
      select_rows(recording.connection(),
                  fmt::format("SELECT o.event, f.task FROM (SELECT DISTINCT event FROM main.output "
                              "WHERE event BETWEEN {} AND {} ORDER BY event LIMIT {}) AS o LEFT JOIN "
                              "main.frame AS f ON f.event = o.event ORDER BY o.event",
                              unread, until, kOutputEvents)));
  std::map<int64_t, Cell> tasks;
  for (const Row& row : events)
    if (const auto* event = std::get_if<int64_t>(&row[0])) tasks[*event] = row[1];
  std::vector<Row> rows;
  if (tasks.empty()) return rows;
  const auto last = uint64_t(tasks.rbegin()->first);
  BYGONE_ASSIGN(const auto outputs, recording.outputs(EventNumber{unread}, EventNumber{last}));
  for (const OutputWithBytes& output : outputs) {
    std::string text(reinterpret_cast<const char*>(output.bytes.data()), output.bytes.size());
    rows.push_back({int64_t(output.row.event.value), tasks[int64_t(output.row.event.value)],
                    std::string(output.row.stream == 2 ? "stderr" : "stdout"), std::move(text),
                    int64_t(output.row.stream)});
  }
  unread = last + 1;
  return rows;
}

RowFunction outputs(RecordingReader& recording) {
  const auto stream = [&recording](const Row& arguments) -> Expected<NextRow> {
    uint64_t until = recording.last_event().value;
    if (!std::holds_alternative<std::monostate>(arguments[0])) {
      BYGONE_ASSIGN(const uint64_t asked, positive(arguments[0], "outputs", "until"));
      until = std::min(until, asked);
    }
    return
        [&recording, until, unread = uint64_t(1), piece = each_of({})](Row& row) mutable -> Expected<bool> {
          while (true) {
            BYGONE_ASSIGN(const bool found, piece(row));
            if (found) return true;
            BYGONE_ASSIGN(auto rows, next_outputs(recording, unread, until));
            if (rows.empty()) return false;
            piece = each_of(std::move(rows));
          }
        };
  };
  return {"outputs", {"event", "task", "stream", "text", "stream_number"}, {"until"}, 0, {}, stream};
}

// Reads by pieces: a range may hold millions of frames.
RowFunction frames_between(RecordingReader& recording) {
  constexpr uint64_t kPiece = 1024;
  const auto stream = [&recording](const Row& arguments) -> Expected<NextRow> {
    BYGONE_ASSIGN(const uint64_t first, positive(arguments[0], "frames_between", "first"));
    BYGONE_ASSIGN(const uint64_t asked, positive(arguments[1], "frames_between", "last"));
    const uint64_t last = std::min(asked, recording.last_event().value);
    return [&recording, last, unread = first, piece = each_of({})](Row& row) mutable -> Expected<bool> {
      while (true) {
        BYGONE_ASSIGN(const bool found, piece(row));
        if (found || unread > last) return found;
        const auto sql = fmt::format(
            "SELECT event, task, kind, call, result, error, time, kind_number, call_number, time_ns FROM "
            "frames "
            "WHERE event BETWEEN {} AND {} ORDER BY event",
            unread, std::min(last, unread + kPiece - 1));
        BYGONE_ASSIGN(auto rows, select_rows(recording.connection(), sql));
        piece = each_of(std::move(rows));
        unread += kPiece;
      }
    };
  };
  return {
      "frames_between",
      {"event", "task", "kind", "call", "result", "error", "time", "kind_number", "call_number", "time_ns"},
      {"first", "last"},
      2,
      {},
      stream};
}

// The last event up to `event` at which the task stood with registers; 0 for none. The chunks it occurs in,
// the last first, where the recording knows them.
Expected<uint64_t> last_frame_of(RecordingReader& recording, uint64_t task, uint64_t event) {
  BYGONE_ASSIGN(
      const int64_t known,
      select_number(recording.connection(),
                    "SELECT count(*) FROM sqlite_schema WHERE name = 'chunk_task' AND type = 'table'", 0));
  const std::string_view source =
      known != 0 ? "main.chunk_task AS c CROSS JOIN main.frame AS f ON f.event BETWEEN c.first_event AND "
                   "c.last_event AND c.task = f.task"
                 : "main.frame AS f";
  const auto sql = fmt::format(
      "SELECT f.event FROM {} WHERE {} = {} AND f.event <= {} AND f.kind <> 9 ORDER BY {} f.event DESC LIMIT "
      "1",
      source, known != 0 ? "c.task" : "f.task", task, event, known != 0 ? "c.first_event DESC," : "");
  return select_number(recording.connection(), sql, 0).map([](int64_t found) { return uint64_t(found); });
}

RowFunction registers_at(RecordingReader& recording) {
  return {"registers_at",
          {"register", "value", "number"},
          {"event", "task"},
          1,
          [&recording](const Row& arguments) -> Expected<std::vector<Row>> {
            BYGONE_ASSIGN(uint64_t event, positive(arguments[0], "registers_at", "event"));
            event = std::min(event, recording.last_event().value);
            if (!std::holds_alternative<std::monostate>(arguments[1])) {
              BYGONE_ASSIGN(const uint64_t task, positive(arguments[1], "registers_at", "task"));
              BYGONE_ASSIGN(event, last_frame_of(recording, task, event));
            }
            std::vector<Row> rows;
            if (event == 0) return rows;
            BYGONE_TRY(recording.for_each_full_frame(
                EventNumber{event}, EventNumber{event}, [&](FullFrame& full) -> Expected<bool> {
                  if (!full.registers) return true;
                  for (size_t i = 0; i < kRegisterCount; ++i)
                    rows.push_back({std::string(kRegisterNames[i]), hex_text(full.registers->values[i]),
                                    int64_t(full.registers->values[i])});
                  return true;
                }));
            return rows;
          }};
}

}  // namespace

std::vector<RowFunction> recording_functions(RecordingReader& recording) {
  return {outputs(recording), registers_at(recording), frames_between(recording), descriptors_at(recording),
          call_totals(recording)};
}

}  // namespace bygone::query
