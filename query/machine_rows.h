#pragma once

#include <vector>

#include "query/row_function.h"
#include "schema/machine.h"
#include "store/recording_reader.h"

namespace bygone::query {

// memory_at(event, task, from_address, size), stack_at(event, task), state_digest(at_event) and
// memory_changes(first, last, task, address, size). `machine` may be null: the functions then fail with
// unavailable. Both must outlive them.
std::vector<RowFunction> machine_functions(Machine* machine);

}  // namespace bygone::query
