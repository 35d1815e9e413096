#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/recording_reader.h"

namespace bygone::query {

// What an exec gave the new program: it lies on the stack the kernel made, whose bytes recordings keep.
struct InitialStack {
  std::vector<std::string> arguments;
  uint64_t environment_address = 0;
  uint64_t variables = 0;
  std::string program;  // the path execve(2) was given (AT_EXECFN); empty where it is not told
};

// Of the address space that the exec of `full` made; nothing where the bytes are no such stack.
Expected<std::optional<InitialStack>> initial_stack(RecordingReader& recording, AddressSpaceId space,
                                                    const FullFrame& full);

}  // namespace bygone::query
