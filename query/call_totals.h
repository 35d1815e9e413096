#pragma once

#include "query/row_function.h"
#include "store/recording_reader.h"

namespace bygone::query {

// call_totals([task [, process]]): one row per system call with how often it was made, how often it failed
// and how long it took, from the task's previous event to the call's return. One pass over `frame` and no
// sorting. `recording` must outlive it.
RowFunction call_totals(RecordingReader& recording);

}  // namespace bygone::query
