#pragma once

#include <string>
#include <vector>

#include "query/row_function.h"
#include "store/recording_reader.h"

namespace bygone::query {

// outputs(until), registers_at(event, task), call_totals(task, process). `recording` must outlive them.
std::vector<RowFunction> recording_functions(RecordingReader& recording);

}  // namespace bygone::query
