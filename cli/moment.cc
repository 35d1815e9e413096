#include "cli/moment.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace bygone::cli {

namespace {

constexpr uint64_t kWhole = 100'000;  // 100%

bool take_count(const std::string& text, uint64_t& count) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  return error == std::errc() && end == text.data() + text.size() && count <= uint64_t(INT64_MAX);
}

// A number that is not negative, scaled, if `unit` is what follows it.
bool take_amount(const std::string& text, const std::string& unit, double scale, uint64_t& amount) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || unit != end || !std::isfinite(number) || number < 0) return false;
  amount = uint64_t(std::min(number * scale, 9e18));
  return true;
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
  if (take_amount(text, "s", 1e9, moment.number) || take_amount(text, "ms", 1e6, moment.number))
    return moment;
  moment.kind = Moment::Kind::share;
  if (take_amount(text, "%", double(kWhole) / 100, moment.number) && moment.number <= kWhole) return moment;
  return fail(ErrorKind::usage, fmt::format("moment '{}'", text), "is none",
              "give an event (600000), a time (12.5s, 300ms), a share (40%) or a task (task:4711)");
}

Expected<EventNumber> event_of(RecordingReader& recording, const Moment& moment) {
  const EventNumber first = recording.first_event(), last = recording.last_event();
  switch (moment.kind) {
    case Moment::Kind::task:
      return first_event_of(recording, moment.number);
    case Moment::Kind::time: {
      BYGONE_ASSIGN(const EventNumber event, recording.event_at(moment.number));
      return std::max(event, first);
    }
    case Moment::Kind::share: {
      const double share = double(moment.number) / double(kWhole);
      return EventNumber{first.value + uint64_t(double(last.value - first.value) * share)};
    }
    case Moment::Kind::event:
      break;
  }
  if (moment.number >= first.value && moment.number <= last.value) return EventNumber{moment.number};
  return fail(ErrorKind::not_found, fmt::format("event {}", moment.number),
              fmt::format("is not in recording {}", recording.name()),
              last.value == 0 ? "it has no event yet"
                              : fmt::format("its events are {} to {}", first.value, last.value));
}

}  // namespace bygone::cli
