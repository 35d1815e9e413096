#pragma once

#include <string>
#include <utility>
#include <vector>

#include "query/cell.h"
#include "schema/error.h"
#include "store/recording_reader.h"

namespace bygone::query {

// What `info` tells about a recording, in the order in which it is shown: events, command and outcome first,
// then what is counted, then whatever else its header says.
Expected<std::vector<std::pair<std::string, Cell>>> describe(RecordingReader& recording);

}  // namespace bygone::query
