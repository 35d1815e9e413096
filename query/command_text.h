#pragma once

#include <string>

namespace bygone::query {

// The header's `command` as a shell would take it. Recorders write it as a JSON array of arguments; anything
// else is shown as it stands.
std::string command_text(const std::string& header_command);

}  // namespace bygone::query
