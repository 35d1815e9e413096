#pragma once

#include <filesystem>

#include "schema/error.h"
#include "store/message.h"

namespace bygone {

// Connects to the store's service, starting one where none is running. The service is no child of the caller
// and outlives it: the program `bygone` itself as `bygone serve`, or, where the caller is another program (a
// test, a tool that links the store), a copy of the caller that does nothing else.
Expected<Connection> reach_service(const std::filesystem::path& store);

}  // namespace bygone
