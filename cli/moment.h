#pragma once

#include <string>

#include "schema/error.h"
#include "schema/ids.h"
#include "store/recording_reader.h"

namespace bygone::cli {

// The event a person means by "600000", "12.5s", "300ms", "40%" or "task:4711". Fails with usage where the
// text is none of these, and with not_found where the recording has no such event.
Expected<EventNumber> find_moment(RecordingReader& recording, const std::string& text);

}  // namespace bygone::cli
