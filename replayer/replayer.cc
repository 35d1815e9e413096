#include "replayer/replayer.h"

#include <cstdlib>

#include "replayer/replay_session.h"
#include "tracee/ptrace.h"

namespace bygone {

Expected<ReplayOutcome> replay_recording(RecordingReader& recording, const ReplayOptions& options) {
  const EventNumber last = recording.last_event();
  const bool follows = options.extent == ReplayExtent::follow;
  if (options.until && ((*options.until > last && !follows) || options.until->value == 0))
    return fail(ErrorKind::not_found, fmt::format("event {} of {}", options.until->value, recording.name()),
                fmt::format("does not exist: the recording has events 1 to {}", last.value));
  if (last.value == 0 && !follows) return ReplayOutcome{};
  // On the processor it was recorded on, where there is one: cpuid tells programs its number.
  const std::string processor = recording.header("recorded_on_processor");
  if (processor.empty() || pin_to_processor(std::atoi(processor.c_str())) < 0) pin_to_processor(-1);
  BYGONE_ASSIGN(ProcessMaker processes, ProcessMaker::create());
  ReplaySession session(recording, options, std::move(processes));
  return session.run();
}

}  // namespace bygone
