#pragma once

#include <string>

#include "schema/error.h"

namespace bygone::cli {

// What `bygone` exits with when it fails itself; docs/errors.md explains each. Values up to 78 are those of
// sysexits.h, 126 and 127 those of shells. A recorded or replayed program's own status may be any of them
// too: then nothing is said on standard error.
enum class ExitStatus : int {
  ok = 0,
  usage = 64,
  bad_data = 65,
  not_found = 66,
  unavailable = 69,
  internal = 70,
  cannot_create = 73,
  io = 74,
  no_permission = 77,
  divergence = 79,
  not_executable = 126,
  no_program = 127,
};

ExitStatus exit_status_of(ErrorKind kind);

// How a shell would show a wait(2) status: the exit code, or 128 + the signal.
int exit_status_of_program(int wait_status);

// For --help.
std::string exit_status_help();

}  // namespace bygone::cli
