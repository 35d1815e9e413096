#pragma once

#include <cstdint>
#include <string>

#include "schema/error.h"
#include "schema/ids.h"
#include "store/recording_reader.h"

namespace bygone::cli {

// A moment of a recording as a person names it: "600000", "12.5s", "300ms", "40%" or "task:4711".
struct Moment {
  enum class Kind { event, time, share, task };
  Kind kind = Kind::event;
  uint64_t number = 0;  // the event, ns since the beginning, thousandths of a percent, or the task
};

// Fails with usage where the text is none of these.
Expected<Moment> parse_moment(const std::string& text);
// Fails with not_found where the recording has no such event.
Expected<EventNumber> event_of(RecordingReader& recording, const Moment& moment);

}  // namespace bygone::cli
