#include "query/descriptors.h"

#include <fmt/core.h>
#include <sqlite3.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "query/arguments.h"
#include "query/call_names.h"
#include "query/descriptor_tables.h"
#include "query/select.h"

namespace bygone::query {
namespace {

// Frames lie in chunks: neighbours are read in one go, over gaps of so many frames.
constexpr int64_t kSmallGap = 64;

using Ranges = std::vector<std::pair<int64_t, int64_t>>;

// The frames up to `until` that can matter: execs (3), made tasks (4), and the calls of makes_descriptors().
Expected<Ranges> ranges_to_read(RecordingReader& recording, const CallNames& names, uint64_t until) {
  std::string calls;
  for (const std::string& name : names.all())
    if (makes_descriptors(name))
      if (const auto number = names.number(name))
        calls += fmt::format("{}{}", calls.empty() ? "" : ", ", *number);
  Ranges ranges;
  BYGONE_TRY(
      for_each_step(recording.connection(),
                    fmt::format("SELECT event FROM main.frame WHERE event <= {} AND (kind IN (3, 4) OR "
                                "(kind = 1 AND call IN ({}) AND result >= 0)) ORDER BY event",
                                until, calls),
                    [&](sqlite3_stmt* row) {
                      const int64_t event = sqlite3_column_int64(row, 0);
                      if (ranges.empty() || event > ranges.back().second + kSmallGap)
                        ranges.emplace_back(event, event);
                      ranges.back().second = event;
                    }));
  return ranges;
}

// A private anonymous mapping has no descriptor; a file's has the path the kernel showed for it.
Expected<void> name_mapped_file(RecordingReader& recording, const FullFrame& full, DescriptorTables& tables) {
  const auto descriptor = int32_t(full.registers->argument(4));
  if (descriptor < 0 || !full.frame.result) return {};
  OpenFile* const file = tables.unnamed_file(full.frame.task, descriptor);
  if (file == nullptr) return {};
  const auto space = recording.address_space_of(full.frame.task, full.frame.event);
  if (!space) return {};
  BYGONE_ASSIGN(const auto begun, recording.mappings_begun(*space, full.frame.event));
  for (const Mapping& mapping : begun)
    if (mapping.recorded.range.start.value == uint64_t(*full.frame.result) && mapping.recorded.inode != 0)
      file->path = mapping.recorded.path;
  return {};
}

Expected<DescriptorTables> tables_at(RecordingReader& recording, const std::vector<Task>& tasks,
                                     uint64_t until) {
  DescriptorTables tables;
  if (tasks.empty()) return tables;
  tables.begin(tasks.front().tid);
  std::set<std::pair<EventNumber, Tid>> leaders;
  for (const Task& task : tasks)
    if (task.tid == task.tgid) leaders.emplace(task.first_event, task.tid);
  BYGONE_ASSIGN(const CallNames names, CallNames::read(recording));
  BYGONE_ASSIGN(const Ranges ranges, ranges_to_read(recording, names, until));
  const auto follow = [&](FullFrame& full) -> Expected<bool> {
    const Frame& frame = full.frame;
    const std::string call = frame.call ? names.name(*frame.call) : "";
    const bool new_process = frame.kind == FrameKind::clone && frame.result &&
                             leaders.contains({frame.event, Tid{int32_t(*frame.result)}});
    tables.follow(full, call, new_process);
    if (frame.kind == FrameKind::syscall && call == "mmap" && full.registers)
      BYGONE_TRY(name_mapped_file(recording, full, tables));
    return true;
  };
  for (const auto& [first, last] : ranges)
    BYGONE_TRY(
        recording.for_each_full_frame(EventNumber{uint64_t(first)}, EventNumber{uint64_t(last)}, follow));
  return tables;
}

Expected<std::string> path_given(RecordingReader& recording, EventNumber event) {
  std::string path;
  BYGONE_TRY(
      for_each_step(recording.connection(),
                    fmt::format("SELECT path FROM main.path_argument WHERE event = {} LIMIT 1", event.value),
                    [&](sqlite3_stmt* row) {
                      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(row, 0));
                      if (text != nullptr) path = text;
                    }));
  return path;
}

// A thread of the process that lives after `event`; the table is the same for all of them, but for
// unshare(2).
const Task* thread_of(const std::vector<Task>& tasks, uint64_t process, uint64_t event) {
  for (const Task& task : tasks)
    if (uint64_t(task.tgid.value) == process && task.first_event.value <= event &&
        event < task.end_event.value)
      return &task;
  return nullptr;
}

}  // namespace

RowFunction descriptors_at(RecordingReader& recording) {
  return {
      "descriptors_at",
      {"descriptor", "made_by", "event", "task", "path", "close_on_exec"},
      {"at", "process"},
      2,
      [&recording](const Row& arguments) -> Expected<std::vector<Row>> {
        BYGONE_ASSIGN(uint64_t event, positive(arguments[0], "descriptors_at", "at"));
        BYGONE_ASSIGN(const uint64_t process, positive(arguments[1], "descriptors_at", "process"));
        event = std::min(event, recording.last_event().value);
        BYGONE_ASSIGN(const auto tasks, recording.tasks());
        const Task* thread = thread_of(tasks, process, event);
        std::vector<Row> rows;
        if (thread == nullptr) return rows;
        BYGONE_ASSIGN(const DescriptorTables tables, tables_at(recording, tasks, event));
        const DescriptorTable* table = tables.of(thread->tid);
        const bool knows_paths = recording.header("paths") == "recorded";
        if (table == nullptr) return rows;
        for (const auto& [number, descriptor] : *table) {
          OpenFile& file = *descriptor.file;
          if (file.path.empty() && file.event.value != 0 && knows_paths) {
            BYGONE_ASSIGN(file.path, path_given(recording, file.event));
          }
          const bool inherited = file.event.value == 0;
          rows.push_back({int64_t(number), file.made_by, inherited ? Cell{} : Cell{int64_t(file.event.value)},
                          inherited ? Cell{} : Cell{int64_t(file.task.value)},
                          file.path.empty() ? Cell{} : Cell{file.path}, int64_t(descriptor.close_on_exec)});
        }
        return rows;
      }};
}

}  // namespace bygone::query
