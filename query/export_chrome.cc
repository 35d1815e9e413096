#include <fmt/core.h>

#include <utility>

#include "query/call_names.h"
#include "query/export.h"
#include "query/task_table.h"
#include "query/text.h"
#include "query/timeline.h"
#include "schema/enum_names.h"

namespace bygone::query {
namespace {

double microseconds(uint64_t time_ns) {
  return double(time_ns) / 1e3;
}

class ChromeEvents {
 public:
  ChromeEvents(CallNames names, const TaskTable& tasks) : names_(std::move(names)), tasks_(tasks) {}

  std::string task_name(const Task& task) const {
    return fmt::format(R"({{"name":"thread_name","ph":"M","pid":{},"tid":{},"args":{{"name":{}}}}})",
                       task.tgid.value, task.tid.value, json_string(tasks_.command(task)));
  }

  std::string event(const Slice& slice) const {
    const Frame& frame = slice.frame;
    const Task* const task = tasks_.living(frame.task, frame.event);
    const int32_t pid = task != nullptr ? task->tgid.value : frame.task.value;
    const std::string error = slice.error();
    const std::string arguments =
        fmt::format(R"({{"event":{},"kind":"{}","result":{}{}}})", frame.event.value, enum_name(frame.kind),
                    frame.result ? fmt::format("{}", *frame.result) : "null",
                    error.empty() ? "" : fmt::format(R"(,"error":"{}")", error));
    const std::string common =
        fmt::format(R"("name":{},"cat":"{}","pid":{},"tid":{},"args":{})", json_string(slice.name(names_)),
                    enum_name(frame.kind), pid, frame.task.value, arguments);
    if (is_call(frame.kind))
      return fmt::format(R"({{{},"ph":"X","ts":{},"dur":{}}})", common, microseconds(slice.began_ns),
                         microseconds(slice.ended_ns - slice.began_ns));
    return fmt::format(R"({{{},"ph":"i","s":"t","ts":{}}})", common, microseconds(slice.began_ns));
  }

 private:
  const CallNames names_;
  const TaskTable& tasks_;
};

}  // namespace

Expected<void> export_chrome_json(RecordingReader& recording, const TextSink& out) {
  BYGONE_ASSIGN(CallNames names, CallNames::read(recording));
  BYGONE_ASSIGN(auto rows, recording.tasks());
  const TaskTable tasks(std::move(rows));
  ChromeEvents events(std::move(names), tasks);
  std::string separator = "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n";
  for (const Task& task : tasks.all()) {
    BYGONE_TRY(out(separator + events.task_name(task)));
    separator = ",\n";
  }
  BYGONE_TRY(for_each_slice(recording, tasks, [&](const Slice& slice) {
    return out(std::exchange(separator, ",\n") + events.event(slice));
  }));
  return out(tasks.all().empty() ? separator + "]}\n" : "\n]}\n");
}

}  // namespace bygone::query
