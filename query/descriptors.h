#pragma once

#include "query/row_function.h"
#include "store/recording_reader.h"

namespace bygone::query {

// descriptors_at(event, process): the file descriptors a process has after an event, computed from the calls
// that make, copy and close them. Known are 0, 1 and 2 from the start; a path where the file was mapped.
// Not seen are others that the recorded program inherited, and those received over a socket.
RowFunction descriptors_at(RecordingReader& recording);

}  // namespace bygone::query
