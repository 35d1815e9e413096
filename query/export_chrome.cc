#include <fmt/core.h>

#include <map>

#include "query/call_names.h"
#include "query/export.h"
#include "query/names.h"
#include "query/task_table.h"
#include "query/text.h"
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

  std::string event(const Frame& frame) {
    const Task* const task = tasks_.living(frame.task, frame.event);
    const int32_t pid = task != nullptr ? task->tgid.value : frame.task.value;
    const auto [previous, first] = last_ns_.try_emplace(frame.task, frame.time_ns);
    const uint64_t began_ns = std::min(previous->second, frame.time_ns);
    previous->second = frame.time_ns;
    const std::string arguments =
        fmt::format(R"({{"event":{},"kind":"{}","result":{}}})", frame.event.value, enum_name(frame.kind),
                    frame.result ? fmt::format("{}", *frame.result) : "null");
    const std::string common =
        fmt::format(R"("name":{},"cat":"{}","pid":{},"tid":{},"args":{})", json_string(name(frame)),
                    enum_name(frame.kind), pid, frame.task.value, arguments);
    if (is_call(frame.kind))
      return fmt::format(R"({{{},"ph":"X","ts":{},"dur":{}}})", common, microseconds(began_ns),
                         microseconds(frame.time_ns - began_ns));
    return fmt::format(R"({{{},"ph":"i","s":"t","ts":{}}})", common, microseconds(frame.time_ns));
  }

 private:
  static bool is_call(FrameKind kind) {
    return kind == FrameKind::syscall || kind == FrameKind::enter || kind == FrameKind::exec ||
           kind == FrameKind::clone;
  }

  std::string name(const Frame& frame) const {
    if (is_call(frame.kind) && frame.call) return names_.name(*frame.call);
    const bool is_signal = frame.kind == FrameKind::signal || frame.kind == FrameKind::handler;
    if (is_signal && frame.call) return signal_text(*frame.call);
    return std::string(enum_name(frame.kind));
  }

  const CallNames names_;
  const TaskTable& tasks_;
  std::map<Tid, uint64_t> last_ns_;
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
  if (recording.last_event().value != 0)
    BYGONE_TRY(recording.for_each_full_frame(recording.first_event(), recording.last_event(),
                                             [&](FullFrame& full) -> Expected<bool> {
                                               BYGONE_TRY(out(separator + events.event(full.frame)));
                                               separator = ",\n";
                                               return true;
                                             }));
  return out(tasks.all().empty() ? separator + "]}\n" : "\n]}\n");
}

}  // namespace bygone::query
