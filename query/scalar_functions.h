#pragma once

#include "query/call_names.h"
#include "schema/error.h"

struct sqlite3;

namespace bygone::query {

// syscall_name(n), syscall_number(name), errno_name(n), errno_number(name), signal_name(n),
// signal_number(name), wait_status(n), address(n), map_flags(n), frame_kind(n), mapping_kind(n),
// frame_call(kind, call), frame_error(kind, result). NULL and nonsense give NULL. `names` must outlive the
// connection's use of them.
Expected<void> register_scalar_functions(sqlite3* connection, const CallNames& names);

}  // namespace bygone::query
