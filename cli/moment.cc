#include "cli/moment.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace bygone::cli {

namespace {

// A number that is not negative, and what follows it.
bool take_number(const std::string& text, double& number, std::string& rest) {
  char* end = nullptr;
  number = std::strtod(text.c_str(), &end);
  rest = end;
  return end != text.c_str() && std::isfinite(number) && number >= 0 && text.front() >= '0' &&
         text.front() <= '9';
}

Expected<EventNumber> first_event_of(RecordingReader& recording, const std::string& task) {
  BYGONE_ASSIGN(const auto tasks, recording.tasks());
  for (const Task& row : tasks)
    if (std::to_string(row.tid.value) == task) return std::max(row.first_event, recording.first_event());
  return fail(ErrorKind::not_found, fmt::format("task {}", task),
              fmt::format("is not in recording {}", recording.name()), "`bygone query tasks` lists them");
}

}  // namespace

Expected<EventNumber> find_moment(RecordingReader& recording, const std::string& text) {
  if (text.starts_with("task:")) return first_event_of(recording, text.substr(5));
  double number = 0;
  std::string unit;
  const bool is_number = take_number(text, number, unit);
  const uint64_t first = recording.first_event().value, last = recording.last_event().value;
  if (is_number && unit == "%" && number <= 100)
    return EventNumber{std::max(first, first + uint64_t(double(last - first) * number / 100))};
  if (is_number && (unit == "s" || unit == "ms")) {
    const double scale = unit == "s" ? 1e9 : 1e6;
    BYGONE_ASSIGN(const EventNumber event, recording.event_at(uint64_t(std::min(number * scale, 9e18))));
    return std::max(event, recording.first_event());
  }
  if (!is_number || !unit.empty() || number != std::floor(number) || number > 9e18)
    return fail(ErrorKind::usage, fmt::format("moment '{}'", text), "is none",
                "give an event (600000), a time (12.5s, 300ms), a share (40%) or a task (task:4711)");
  const uint64_t event = std::strtoull(text.c_str(), nullptr, 10);
  if (event >= first && event <= last) return EventNumber{event};
  return fail(ErrorKind::not_found, fmt::format("event {}", event),
              fmt::format("is not in recording {}", recording.name()),
              last == 0 ? "it has no event yet" : fmt::format("its events are {} to {}", first, last));
}

}  // namespace bygone::cli
