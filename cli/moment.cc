#include "cli/moment.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "query/numbers.h"

namespace bygone::cli {

namespace {

constexpr uint64_t kWhole = 100'000;  // 100%

bool take_count(std::string_view text, uint64_t& count) {
  const auto parsed = query::parse_count(text);
  if (parsed) count = *parsed;
  return parsed && count <= uint64_t(INT64_MAX);
}

Expected<EventNumber> first_event_of(RecordingReader& recording, uint64_t task) {
  BYGONE_ASSIGN(const auto tasks, recording.tasks());
  for (const Task& row : tasks)
    if (uint64_t(row.tid.value) == task) return std::max(row.first_event, recording.first_event());
  return fail(ErrorKind::not_found, fmt::format("task {}", task),
              fmt::format("is not in recording {}", recording.name()), "`bygone query tasks` lists them");
}

}  // namespace

Expected<Moment> parse_moment(const std::string& text) {
  Moment moment;
  if (take_count(text, moment.number)) return moment;
  moment.kind = Moment::Kind::task;
  if (text.starts_with("task:") && take_count(text.substr(5), moment.number)) return moment;
  moment.kind = Moment::Kind::time;
  if (const auto time_ns = query::parse_duration(text); time_ns && std::isalpha(text.back())) {
    moment.number = *time_ns;
    return moment;
  }
  moment.kind = Moment::Kind::share;
  if (const auto percentage = query::parse_percentage(text)) {
    moment.number = uint64_t(std::llround(*percentage * (kWhole / 100)));
    return moment;
  }
  return fail(ErrorKind::usage, fmt::format("moment '{}'", text), "is none",
              "give an event (600000), a time (12.5s, 300ms), a share (40%) or a task (task:4711)");
}

Expected<EventNumber> event_of(RecordingReader& recording, const Moment& moment) {
  switch (moment.kind) {
    case Moment::Kind::task:
      return first_event_of(recording, moment.number);
    case Moment::Kind::time: {
      BYGONE_ASSIGN(const EventNumber event, recording.event_at(moment.number));
      return std::max(event, recording.first_event());
    }
    case Moment::Kind::share:
      return recording.event_at_share(double(moment.number) / double(kWhole));
    case Moment::Kind::event:
      break;
  }
  return recording.state_event(EventNumber{moment.number});
}

}  // namespace bygone::cli
