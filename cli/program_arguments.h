#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace bygone::cli {

// `bygone record [OPTIONS] PROGRAM ARGS...`: everything from the first argument that is no option of ours on
// belongs to the program, and so does everything behind "--". Moves that part out of `arguments` if they call
// the subcommand `command` of `root`; otherwise leaves them alone.
std::vector<std::string> take_program(const CLI::App& root, const std::string& command,
                                      std::vector<std::string>& arguments);

}  // namespace bygone::cli
