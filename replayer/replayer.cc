#include "replayer/replayer.h"

#include "replayer/replay_session.h"

namespace bygone {

Expected<ReplayOutcome> replay_recording(RecordingReader& recording, const ReplayOptions& options) {
  const EventNumber last = recording.last_event();
  const bool follows = options.extent == ReplayExtent::follow;
  for (const auto& event : {options.until, options.from}) {
    if (!event || (event->value != 0 && (*event <= last || follows))) continue;
    return fail(ErrorKind::not_found, fmt::format("event {} of {}", event->value, recording.name()),
                fmt::format("does not exist: the recording has events {} to {}",
                            recording.first_event().value, last.value));
  }
  const std::optional<EventNumber> earliest = options.from ? options.from : options.until;
  if (earliest && *earliest < recording.first_event())
    return fail(
        ErrorKind::not_found, fmt::format("event {} of {}", earliest->value, recording.name()),
        fmt::format("is not kept: the recording begins with event {}", recording.first_event().value));
  if (last.value == 0 && !follows) return ReplayOutcome{};
  BYGONE_ASSIGN(const auto session, ReplaySession::create(recording, options));
  return session->run();
}

}  // namespace bygone
