#include "query/subject.h"

#include <fmt/core.h>

namespace bygone::query {
namespace {

Expected<bool> exists(std::string_view column, int32_t id, Session& session) {
  BYGONE_ASSIGN(const auto found,
                session.number(fmt::format("SELECT 1 FROM main.task WHERE {} = {} LIMIT 1", column, id)));
  return found.has_value();
}

tl::unexpected<Error> unknown(std::string what, int32_t id) {
  return fail(ErrorKind::not_found, fmt::format("{} {}", what, id), "is not in this recording",
              "`bygone query tasks` lists those that are");
}

// A task id that `subject` names and that lives after `event`: itself or, for a process whose leader is gone,
// any of its threads.
Expected<Tid> living_task(const Subject& subject, EventNumber event, Session& session) {
  const std::string alive = fmt::format("first_event <= {0} AND end_event > {0}", event.value);
  if (subject.kind != Subject::Kind::process) {
    const auto sql =
        fmt::format("SELECT tid FROM main.task WHERE tid = {} AND {} LIMIT 1", subject.id, alive);
    BYGONE_ASSIGN(const auto found, session.number(sql));
    if (found) return Tid{int32_t(*found)};
  }
  if (subject.kind != Subject::Kind::task) {
    const auto sql = fmt::format("SELECT tid FROM main.task WHERE tgid = {} AND {} ORDER BY id LIMIT 1",
                                 subject.id, alive);
    BYGONE_ASSIGN(const auto found, session.number(sql));
    if (found) return Tid{int32_t(*found)};
  }
  const std::string_view column = subject.kind == Subject::Kind::process ? "tgid" : "tid";
  BYGONE_ASSIGN(const bool known, exists(column, subject.id, session));
  if (!known) return unknown(subject.kind == Subject::Kind::process ? "process" : "task", subject.id);
  BYGONE_ASSIGN(const auto first,
                session.number(
                    fmt::format("SELECT min(first_event) FROM main.task WHERE {} = {}", column, subject.id)));
  BYGONE_ASSIGN(
      const auto end,
      session.number(fmt::format("SELECT max(end_event) FROM main.task WHERE {} = {}", column, subject.id)));
  return fail(ErrorKind::not_found, fmt::format("task {}", subject.id),
              fmt::format("does not live after event {}", event.value),
              fmt::format("it does from event {} to {}", first.value_or(0), end.value_or(0) - 1));
}

}  // namespace

Expected<TaskAt> task_at(const Subject& subject, EventNumber event, Session& session) {
  constexpr int64_t kExit = 9;
  if (subject.kind != Subject::Kind::anything) {
    BYGONE_ASSIGN(const Tid tid, living_task(subject, event, session));
    return TaskAt{tid, event};
  }
  const auto of_frame = [&](std::string_view column) {
    return session.number(fmt::format("SELECT {} FROM main.frame WHERE event = {}", column, event.value));
  };
  BYGONE_ASSIGN(const auto task, of_frame("task"));
  BYGONE_ASSIGN(const auto kind, of_frame("kind"));
  if (!task)
    return fail(ErrorKind::bad_data, session.recording().name(), fmt::format("has no frame {}", event.value));
  return TaskAt{Tid{int32_t(*task)},
                EventNumber{kind == kExit && event.value > 1 ? event.value - 1 : event.value}};
}

Expected<std::string> filter_for(const Subject& subject, Preference preference, std::string_view column,
                                 Session& session) {
  if (subject.kind == Subject::Kind::anything) return std::string();
  const std::string as_task = fmt::format("{} = {}", column, subject.id);
  const std::string as_process =
      fmt::format("{} IN (SELECT tid FROM tasks WHERE tgid = {})", column, subject.id);
  bool is_task = false;
  bool is_process = false;
  if (subject.kind != Subject::Kind::process) {
    BYGONE_ASSIGN(is_task, exists("tid", subject.id, session));
  }
  if (subject.kind != Subject::Kind::task) {
    BYGONE_ASSIGN(is_process, exists("tgid", subject.id, session));
  }
  if (is_task && (!is_process || preference == Preference::task)) return as_task;
  if (is_process) return as_process;
  return unknown(subject.kind == Subject::Kind::process ? "process" : "task", subject.id);
}

Expected<EventNumber> event_of(const Moment& moment, Session& session) {
  const EventNumber last = session.recording().last_event();
  EventNumber event = moment.kind == Moment::Kind::event ? moment.event : last;
  if (moment.kind == Moment::Kind::time) {
    BYGONE_ASSIGN(event, session.recording().event_at(moment.time_ns));
    if (event < session.recording().first_event() && last.value != 0)
      return fail(ErrorKind::not_found, fmt::format("time {} s", double(moment.time_ns) / 1e9),
                  "lies before the first event");
  }
  if (moment.kind == Moment::Kind::share) event = session.recording().event_at_share(moment.share);
  return session.recording().state_event(event);
}

Expected<Place> place_of(const Subject& subject, EventNumber event, Session& session) {
  BYGONE_ASSIGN(const TaskAt living, task_at(subject, event, session));
  BYGONE_ASSIGN(const AddressSpaceId space, session.recording().address_space_of(living.task, living.event));
  return Place{space, living.event};
}

Expected<ProcessAt> process_at(const Subject& subject, EventNumber event, Session& session) {
  BYGONE_ASSIGN(const TaskAt living, task_at(subject, event, session));
  BYGONE_ASSIGN(const auto process, session.number(fmt::format(
                                        "SELECT tgid FROM main.task WHERE tid = {0} AND first_event <= {1} "
                                        "AND end_event > {1} LIMIT 1",
                                        living.task.value, living.event.value)));
  return ProcessAt{Tid{int32_t(process.value_or(living.task.value))}, living.event};
}

}  // namespace bygone::query
