#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "recorder/inheritance.h"
#include "schema/error.h"

namespace bygone {

// Starts the program as a child that is traced (see seize()) and stands at its PTRACE_EVENT_EXEC stop: its
// first instruction is yet to come. rdtsc traps in it (PR_SET_TSC). `path` is the file to execute, argv as
// given.
Expected<pid_t> launch(const std::string& path, const std::vector<std::string>& argv,
                       const Inheritance& inheritance);

}  // namespace bygone
